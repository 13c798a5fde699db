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
        package var payloadSize = 0
        package var marker = false
        package var startsKeyframe = false
        var extensions = KeptExtensions()
    }

    private var slab: Slab
    private var entries: [Entry]
    private let mask: Int64

    /// - Parameter capacity: a power of two.
    package init(capacity: Int) {
        precondition(capacity > 0 && capacity & (capacity - 1) == 0)
        slab = Slab(slotCount: capacity, slotSize: Limits.packetBytes)
        entries = Array(repeating: Entry(), count: capacity)
        mask = Int64(capacity - 1)
    }

    private func slot(of sequence: Int64) -> Int { Int(sequence & mask) }

    /// The packet with that number, if it is still kept.
    package func entry(_ sequence: Int64) -> Entry? {
        let entry = entries[slot(of: sequence)]
        return entry.sequence == sequence ? entry : nil
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

    /// Whether a packet with that number would be kept: not a duplicate, not older than what its
    /// place holds.
    package func wants(_ sequence: Int64) -> Bool {
        entries[slot(of: sequence)].sequence < sequence
    }

    /// Keeps a packet. Extension values that do not fit behind the payload are dropped.
    mutating func store(
        _ entry: Entry, payload: RawSpan, in packet: RawSpan, header: RTPHeader?,
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
    }

    private mutating func keepExtensions(
        of packet: RawSpan, header: RTPHeader, ids: ForwardedExtensionIDs, entry: inout Entry,
        slot: Int
    ) {
        var end = entry.payloadSize
        for index in 0..<ForwardedExtensionIDs.count where ids[index] != 0 {
            guard
                let range = HeaderExtensions.find(ids[index], in: packet, header: header),
                range.count <= 16, end + range.count <= Limits.packetBytes
            else { continue }
            slab.store(packet.extracting(range), in: slot, at: end)
            entry.extensions[index] = range.count
            end += range.count
        }
    }
}
