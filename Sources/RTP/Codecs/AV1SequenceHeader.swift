import Primitives

/// What a forwarder wants to know of a sequence header OBU (AV1 bitstream specification §5.5).
package struct AV1SequenceHeader: Equatable, Sendable {
    package var profile: UInt8
    /// operating_point_idc of each operating point, the best one first: eight bits of temporal layers
    /// and above them four of spatial ones.
    package var operatingPoints: [UInt16]
    /// The largest picture in pixels.
    package var width: Int
    package var height: Int

    /// obu_type of a sequence header (§6.2.2).
    package static let obuType: UInt8 = 1

    /// - Parameter element: an OBU element, its header included; with or without obu_size.
    /// - Throws: ``RTPViolation/sequenceHeader`` for another OBU, and for one that is cut short.
    package init(parsing element: RawSpan) throws(RTPViolation) {
        guard let start = Self.payloadStart(of: element) else { throw .sequenceHeader }
        var reader = BitReader(element, from: start * 8)
        // seq_profile, still_picture, reduced_still_picture_header
        guard let profile = reader.bits(3), reader.skip(1) != nil, let isReduced = reader.flag(),
            let points = isReduced ? Self.reducedPoints(&reader) : Self.points(&reader),
            let widthBits = reader.bits(4), let heightBits = reader.bits(4),
            let width = reader.bits(Int(widthBits) + 1),
            let height = reader.bits(Int(heightBits) + 1)
        else { throw .sequenceHeader }
        self.profile = UInt8(profile)
        operatingPoints = points
        self.width = Int(width) + 1
        self.height = Int(height) + 1
    }

    /// Behind obu_header() and obu_size (§5.3); `nil` for another OBU.
    private static func payloadStart(of element: RawSpan) -> Int? {
        guard element.byteCount >= 2 else { return nil }
        let header = element.byte(at: 0)
        guard header >> 3 & 0x0F == obuType, header & 0x80 == 0 else { return nil }
        var start = header & 0x04 != 0 ? 2 : 1
        if header & 0x02 != 0, AV1Payload.leb128(element, &start) == nil { return nil }
        return start <= element.byteCount ? start : nil
    }

    private static func reducedPoints(_ reader: inout BitReader) -> [UInt16]? {
        reader.skip(5).map { [0] }  // seq_level_idx
    }

    private static func points(_ reader: inout BitReader) -> [UInt16]? {
        var delayBits: Int?
        guard let hasTiming = reader.flag() else { return nil }
        if hasTiming {
            guard skipTiming(&reader) != nil, let hasModel = reader.flag() else { return nil }
            if hasModel {
                guard let length = reader.bits(5), reader.skip(42) != nil else { return nil }
                delayBits = Int(length) + 1
            }
        }
        guard let hasDisplayDelay = reader.flag(), let count = reader.bits(5) else { return nil }
        var points: [UInt16] = []
        for _ in 0...count {
            guard let point = reader.bits(12), let level = reader.bits(5),
                level <= 7 || reader.skip(1) != nil,
                delayBits == nil || skipModel(delayBits!, &reader) != nil,
                !hasDisplayDelay || skipDisplayDelay(&reader) != nil
            else { return nil }
            points.append(UInt16(point))
        }
        return points
    }

    /// timing_info() (§5.5.3).
    private static func skipTiming(_ reader: inout BitReader) -> Void? {
        guard reader.skip(64) != nil, let isEqual = reader.flag() else { return nil }
        return isEqual ? reader.skipVariableLength() : ()
    }

    /// operating_parameters_info() where it is present (§5.5.5).
    private static func skipModel(_ delayBits: Int, _ reader: inout BitReader) -> Void? {
        reader.flag().flatMap { $0 ? reader.skip(2 * delayBits + 1) : () }
    }

    private static func skipDisplayDelay(_ reader: inout BitReader) -> Void? {
        reader.flag().flatMap { $0 ? reader.skip(4) : () }
    }
}
