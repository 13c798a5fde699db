package import Primitives
package import RTP

/// The newest packets of one stream: what is forwarded from, and what retransmissions are read from.
///
/// One copy serves every viewer. Packets are kept decrypted, payload first and then the values of the
/// header extensions that are passed on; a packet's place follows from its sequence number.
package struct PacketHistory: ~Copyable {
    package struct Entry: Hashable, Sendable {
        /// The unwrapped sequence number; -1 in a place that was never used.
        package var sequence: Int64 = -1
        package var timestamp = RTPTimestamp(0)
        package var received = Instant.zero
        /// Padding included.
        package var payloadSize = 0
        /// Bytes of padding at the payload's end (RFC 3550 §5.1), the last of which is their number.
        package var paddingSize = 0
        package var marker = false
        package var startsKeyframe = false
        /// Where the newest sound starts in a payload with redundancy (RFC 2198); 0 without. It goes on
        /// to the padding, and may be empty.
        package var primaryStart: UInt16 = 0
        var extensions = KeptExtensions()

        package init() {}

        /// What the packet takes besides what all packets take alike.
        var weight: Int { payloadSize + extensions.headerSize }

        /// About what it takes as a datagram, without the network's headers: with RTP's own, and the tag
        /// of SRTP.
        package var wireSize: Int { weight + 28 }
    }

    private var slab: Slab
    private var entries: [Entry]
    /// What each packet is of the stream's layers; empty where that has none.
    private var infos: [LayerInfo]
    private let mask: Int64
    /// How many of the newest packets are kept.
    package var capacity: Int64 { mask + 1 }

    /// - Parameters:
    ///   - capacity: a power of two.
    ///   - hasLayers: whether packets come with their ``LayerInfo``.
    package init(capacity: Int, hasLayers: Bool = false) {
        precondition(capacity > 0 && capacity & (capacity - 1) == 0)
        slab = Slab(slotCount: capacity, slotSize: Limits.packetBytes)
        entries = Array(repeating: Entry(), count: capacity)
        infos = Array(repeating: LayerInfo(), count: hasLayers ? capacity : 0)
        mask = Int64(capacity - 1)
    }

    private func slot(of sequence: Int64) -> Int { Int(sequence & mask) }

    /// The packet with that number, if it is still kept.
    package func entry(_ sequence: Int64) -> Entry? {
        let entry = entries[slot(of: sequence)]
        return entry.sequence == sequence ? entry : nil
    }

    /// What of some packets is still kept, in bytes on the wire.
    package func bytes(of sequences: Range<Int64>) -> Int {
        sequences.reduce(0) { $0 + (entry($1)?.wireSize ?? 0) }
    }

    /// What a packet is of the stream's layers.
    @inline(__always)
    package func info(of entry: Entry) -> LayerInfo {
        infos.isEmpty ? LayerInfo() : infos[slot(of: entry.sequence)]
    }

    /// Notes what a packet turns out to be; see ``LayerReader/readAgain(_:descriptor:)``.
    mutating func setInfo(_ info: LayerInfo, of entry: Entry) {
        infos[slot(of: entry.sequence)] = info
    }

    @_lifetime(borrow self)
    package func payload(of entry: Entry) -> RawSpan {
        slab.bytes(0..<entry.payloadSize, in: slot(of: entry.sequence))
    }

    /// The value of the forwarded extension `index`; empty when the packet had none.
    @_lifetime(borrow self)
    func extensionValue(_ index: Int, of entry: Entry) -> RawSpan {
        var start = entry.payloadSize
        for earlier in 0..<index { start += entry.extensions[earlier] }
        return slab.bytes(
            start..<start + entry.extensions[index], in: slot(of: entry.sequence))
    }

    /// The dependency descriptor as it came; empty when the packet had none.
    @_lifetime(borrow self)
    package func dependencyDescriptor(of entry: Entry) -> RawSpan {
        extensionValue(ForwardedExtensionIDs.descriptorIndex, of: entry)
    }

    /// Whether a packet with that number would be kept: not a duplicate, not older than what its
    /// place holds.
    package func wants(_ sequence: Int64) -> Bool {
        entries[slot(of: sequence)].sequence < sequence
    }

    /// Keeps a packet. Extension values that do not fit behind the payload are dropped, the dependency
    /// descriptor after the others.
    mutating func store(
        _ entry: Entry, _ info: LayerInfo = LayerInfo(), payload: RawSpan, in packet: RawSpan,
        header: RTPHeader?,
        ids: ForwardedExtensionIDs
    ) {
        var entry = entry
        let slot = slot(of: entry.sequence)
        entry.payloadSize = payload.byteCount
        slab.store(payload, in: slot)
        if let header, !header.extensionElements.isEmpty {
            keepExtensions(of: packet, header: header, ids: ids, entry: &entry, slot: slot)
        }
        entries[slot] = entry
        if !infos.isEmpty { infos[slot] = info }
    }

    /// Lengthens a packet's payload by padding, before anybody gets it.
    mutating func pad(_ sequence: Int64, by count: Int) {
        let slot = slot(of: sequence)
        let end = entries[slot].payloadSize
        let values = end..<end + entries[slot].extensions.size
        guard entries[slot].sequence == sequence, (1...255).contains(count),
            entries[slot].paddingSize == 0, values.upperBound + count <= Limits.packetBytes
        else { return }
        slab.move(values, by: count, in: slot)
        slab.fill(end..<end + count - 1, with: 0, in: slot)
        slab.fill(end + count - 1..<end + count, with: UInt8(count), in: slot)
        entries[slot].payloadSize += count
        entries[slot].paddingSize = count
    }

    private mutating func keepExtensions(
        of packet: RawSpan, header: RTPHeader, ids: ForwardedExtensionIDs, entry: inout Entry,
        slot: Int
    ) {
        var end = entry.payloadSize
        let descriptor = ForwardedExtensionIDs.descriptorIndex
        var reserved = 0
        if ids[descriptor] != 0 {
            reserved =
                HeaderExtensions.find(ids[descriptor], in: packet, header: header)?.count ?? 0
            if end + reserved > Limits.packetBytes { reserved = 0 }
        }
        for index in 0..<ForwardedExtensionIDs.keptCount where ids[index] != 0 {
            if index == descriptor { reserved = 0 }
            guard
                let range = HeaderExtensions.find(ids[index], in: packet, header: header),
                range.count <= ForwardedExtensionIDs.largestValue(index),
                end + range.count + reserved <= Limits.packetBytes
            else { continue }
            slab.store(packet.extracting(range), in: slot, at: end)
            entry.extensions[index] = range.count
            end += range.count
        }
    }
}
