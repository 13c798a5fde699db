package import Primitives
package import RTP

/// Makes repair packets for what one viewer is sent of one stream: packets that each stand in for any one
/// of those that they protect (draft-ietf-payload-flexible-fec-scheme-03).
///
/// Packets go round the rows of a group in turn, and each row becomes one repair packet: as many packets
/// lost in a row as there are rows can be repaired. Its memory is allocated once.
///
/// What is combined is a packet as it is before it is sealed, without those header extensions that
/// change each time it is sent: the transport-wide sequence number counts as zeros, as it does for
/// libwebrtc.
package struct FlexFECEncoder: ~Copyable {
    private struct Row {
        var flags: UInt16 = 0
        var length: UInt16 = 0
        var timestamp: UInt32 = 0
        var mask = FlexFECMask()
        /// The bytes of its longest packet behind the fixed header.
        var size = 0
    }

    /// The rows of the present group, and of the next one that begins.
    package private(set) var rowCount: Int
    /// The packets in the group.
    package private(set) var count = 0

    private var rows: InlineArray<4, Row> = InlineArray(repeating: Row())
    private var combined: Slab
    private var base = SequenceNumber(0)

    /// - Parameter rows: 1...``Limits/repairRows``.
    package init(rows: Int = 1) {
        rowCount = min(max(1, rows), Limits.repairRows)
        combined = Slab(slotCount: Limits.repairRows, slotSize: Limits.protectedBytes)
    }

    /// Forgets the group, and starts one with so many rows.
    package mutating func reset(rows: Int) {
        rowCount = min(max(1, rows), Limits.repairRows)
        count = 0
        for index in 0..<Limits.repairRows { self.rows[index] = Row() }
    }

    /// How many packets a group spans from its first on: offsets that its masks can have.
    package static let longestGroup = FlexFECMask.width

    /// Whether a packet is too far behind the group's first one to be in it: then a new one is to begin.
    package func isPast(_ sequence: UInt16) -> Bool {
        count > 0 && SequenceNumber(sequence).distance(from: base) >= Self.longestGroup
    }

    /// Adds a packet to the group.
    ///
    /// - Parameters:
    ///   - header: the whole RTP header, extensions included, as the viewer gets it.
    ///   - changing: the bytes of the header that count as zeros.
    ///   - payload: what follows it, padding included.
    /// - Returns: false when the packet cannot be in this group: it is older than the first one, too far
    ///   behind it, there already, or larger than ``Limits/protectedBytes``. Of the first two a new group
    ///   is the way out.
    package mutating func protect(
        header: RawSpan, changing: Range<Int> = 0..<0, payload: RawSpan
    ) -> Bool {
        let size = header.byteCount - RTPHeader.fixedSize + payload.byteCount
        guard header.byteCount >= RTPHeader.fixedSize, size <= Limits.protectedBytes else {
            return false
        }
        let sequence = SequenceNumber(header.uint16(at: 2))
        if count == 0 { base = sequence }
        let offset = sequence.distance(from: base)
        guard offset >= 0, offset < Self.longestGroup else { return false }
        let index = offset % rowCount
        var row = rows[index]
        guard !row.mask[offset] else { return false }
        row.mask[offset] = true
        row.flags ^= header.uint16(at: 0)
        row.length ^= UInt16(truncatingIfNeeded: size)
        row.timestamp ^= header.uint32(at: 4)
        if size > row.size {
            combined.fill(row.size..<size, with: 0, in: index)
            row.size = size
        }
        rows[index] = row
        combine(header, changing, payload, in: index)
        count += 1
        return true
    }

    private mutating func combine(
        _ header: RawSpan, _ changing: Range<Int>, _ payload: RawSpan, in row: Int
    ) {
        let fixed = RTPHeader.fixedSize
        let range = changing.clamped(to: fixed..<header.byteCount)
        combined.combine(header.extracting(fixed..<range.lowerBound), in: row)
        combined.combine(
            header.extracting(range.upperBound..<header.byteCount), in: row,
            at: range.upperBound - fixed)
        combined.combine(payload, in: row, at: header.byteCount - fixed)
    }

    /// How many repair packets the group makes now; a row without packets makes none.
    package var repairCount: Int { min(count, rowCount) }

    /// The bytes of the payload that ``write(_:protecting:into:)`` appends; 0 for a row without packets.
    package func repairSize(_ row: Int) -> Int {
        header(row, protecting: SSRC(0)).map { $0.size + rows[row].size } ?? 0
    }

    /// Appends a repair packet's payload: its header, and what the row's packets combine to. Nothing, and
    /// `false`, for a row without packets.
    ///
    /// - Parameters:
    ///   - row: in `0..<rowCount`.
    ///   - ssrc: the stream's whose packets are in the group.
    package func write(
        _ row: Int, protecting ssrc: SSRC, into writer: inout ByteWriter
    ) -> Bool {
        guard let header = header(row, protecting: ssrc) else { return false }
        header.write(into: &writer)
        writer.append(combined.bytes(0..<rows[row].size, in: row))
        return true
    }

    private func header(_ row: Int, protecting ssrc: SSRC) -> FlexFECHeader? {
        precondition(row >= 0 && row < rowCount)
        let mask = rows[row].mask
        guard !mask.isEmpty else { return nil }
        // From the row's own first packet on: that makes the mask shorter.
        return FlexFECHeader(
            flags: rows[row].flags, length: rows[row].length, timestamp: rows[row].timestamp,
            protected: ssrc, base: base.advanced(by: mask.first),
            mask: mask.advanced(by: mask.first))
    }
}
