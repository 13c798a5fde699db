import Primitives

/// The VP8 payload descriptor (RFC 7741 §4.2).
package struct VP8Descriptor: Equatable, Sendable {
    /// S: the payload starts a partition.
    package var start: Bool
    /// PID: the partition, 0...7.
    package var partition: UInt8
    /// N: no other frame refers to this one, so that it may be dropped.
    package var isNonReference: Bool
    /// 7 or 15 bits.
    package var pictureID: UInt16?
    /// True when ``pictureID`` has 15 bits.
    package var pictureIDIsLong: Bool
    /// Where the picture id starts in the payload; 0 when there is none.
    package var pictureIDOffset: Int
    package var tl0PicIdx: UInt8?
    /// Where TL0PICIDX lies in the payload; 0 when there is none.
    package var tl0PicIdxOffset: Int
    /// The temporal layer, 0...3.
    package var tid: UInt8?
    /// Y: the frame refers only to the base layer, so that a viewer can switch up here.
    package var isLayerSync: Bool
    /// Five bits.
    package var keyIndex: UInt8?
    /// The descriptor's size: where VP8's own bytes start.
    package var size: Int

    /// True for the first packet of a frame.
    package var startsFrame: Bool { start && partition == 0 }

    /// - Throws: ``RTPViolation/payloadDescriptor`` when the descriptor does not fit.
    package init(parsing payload: RawSpan) throws(RTPViolation) {
        guard payload.byteCount > 0 else { throw .payloadDescriptor }
        let first = payload.byte(at: 0)
        start = first & 0x10 != 0
        partition = first & 0x07
        isNonReference = first & 0x20 != 0
        pictureID = nil
        pictureIDIsLong = false
        pictureIDOffset = 0
        tl0PicIdx = nil
        tl0PicIdxOffset = 0
        tid = nil
        isLayerSync = false
        keyIndex = nil
        size = 1
        if first & 0x80 != 0 { try parseExtended(payload) }
    }

    private mutating func parseExtended(_ payload: RawSpan) throws(RTPViolation) {
        let fields = try nextByte(payload)
        if fields & 0x80 != 0 {
            pictureIDOffset = size
            let high = try nextByte(payload)
            pictureIDIsLong = high & 0x80 != 0
            pictureID =
                pictureIDIsLong
                ? UInt16(high & 0x7F) << 8 | UInt16(try nextByte(payload)) : UInt16(high)
        }
        if fields & 0x40 != 0 {
            tl0PicIdxOffset = size
            tl0PicIdx = try nextByte(payload)
        }
        if fields & 0x30 != 0 {
            let layer = try nextByte(payload)
            if fields & 0x20 != 0 {
                tid = layer >> 6
                isLayerSync = layer & 0x20 != 0
            }
            if fields & 0x10 != 0 { keyIndex = layer & 0x1F }
        }
    }

    private mutating func nextByte(_ payload: RawSpan) throws(RTPViolation) -> UInt8 {
        guard size < payload.byteCount else { throw .payloadDescriptor }
        defer { size += 1 }
        return payload.byte(at: size)
    }
}
