import Primitives

/// The AV1 aggregation header, the first byte of a payload (AV1 RTP specification §4.4).
package struct AV1AggregationHeader: Equatable, Sendable {
    /// Z and Y: the first OBU element continues one of the packet before; the last goes on in the next.
    package var continues: Bool
    package var isContinued: Bool
    /// W: how many OBU elements there are, of which the last has no size; 0: each has a size.
    package var elementCount: Int
    /// N: the packet is the first of a coded video sequence.
    package var startsSequence: Bool

    /// - Throws: ``RTPViolation/payloadDescriptor`` for an empty payload, and for a sequence that
    ///   starts in the middle of an OBU.
    package init(parsing payload: RawSpan) throws(RTPViolation) {
        guard payload.byteCount > 0 else { throw .payloadDescriptor }
        let first = payload.byte(at: 0)
        continues = first & 0x80 != 0
        isContinued = first & 0x40 != 0
        elementCount = Int(first >> 4 & 0x03)
        startsSequence = first & 0x08 != 0
        guard !startsSequence || !continues else { throw .payloadDescriptor }
    }
}

/// What a forwarder wants to know of an AV1 payload, without decoding.
package enum AV1Payload {
    /// True for the first packet of a coded video sequence: a decoder can start with it.
    package static func startsKeyframe(_ payload: RawSpan) -> Bool {
        (try? AV1AggregationHeader(parsing: payload))?.startsSequence ?? false
    }

    /// The largest picture of the coded video sequence in pixels; `nil` when no whole sequence header
    /// starts in this packet.
    package static func resolution(_ payload: RawSpan) -> (width: Int, height: Int)? {
        var size: (width: Int, height: Int)?
        forEachElement(in: payload) { element in
            guard let header = try? AV1SequenceHeader(parsing: payload.extracting(element)) else {
                return true
            }
            size = (header.width, header.height)
            return false
        }
        return size
    }

    /// Calls `body` with each OBU element that starts in this payload until it returns false; one that
    /// continues an earlier packet's is skipped (§4.5). A payload that is cut short yields what is before
    /// the cut.
    package static func forEachElement(in payload: RawSpan, _ body: (Range<Int>) -> Bool) {
        guard let header = try? AV1AggregationHeader(parsing: payload) else { return }
        var offset = 1
        var index = 0
        while offset < payload.byteCount, index < Limits.maximumOBUElements {
            let isLast = header.elementCount > 0 && index == header.elementCount - 1
            var size = payload.byteCount - offset
            if !isLast {
                guard let told = leb128(payload, &offset), told <= payload.byteCount - offset else {
                    return
                }
                size = told
            }
            let element = offset..<offset + size
            if index > 0 || !header.continues, !body(element) { return }
            offset = element.upperBound
            index += 1
            if isLast { return }
        }
    }

    /// leb128() (AV1 bitstream specification §4.10.5); `nil` when it is cut short or too large.
    static func leb128(_ bytes: RawSpan, _ offset: inout Int) -> Int? {
        var value: UInt64 = 0
        for index in 0..<Limits.maximumLEB128Size {
            guard offset < bytes.byteCount else { return nil }
            let byte = bytes.byte(at: offset)
            offset += 1
            value |= UInt64(byte & 0x7F) << UInt64(7 * index)
            if byte & 0x80 == 0 { return value <= UInt64(UInt32.max) ? Int(value) : nil }
        }
        return nil
    }
}
