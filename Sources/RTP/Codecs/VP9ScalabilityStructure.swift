import Primitives

/// The scalability structure of a VP9 payload descriptor (RFC 9628 §4.2.1).
package struct VP9ScalabilityStructure: Equatable, Sendable {
    /// N_S + 1: 1...8.
    package var spatialLayers: Int
    /// Width and height in pixels of each layer, lowest first; empty when they are not told (Y).
    package var sizes: [PixelSize]
    /// The pictures of the group that repeats, in coding order; empty when it is not told (G).
    package var group: [Picture]

    /// Width and height in pixels.
    package struct PixelSize: Hashable, Sendable {
        package var width: Int
        package var height: Int
    }

    package struct Picture: Equatable, Sendable {
        package var temporalID: UInt8
        package var isSwitchingUpPoint: Bool
        /// How many pictures back each reference is; at most three.
        package var differences: [UInt8]
    }

    /// - Parameter range: a descriptor's ``VP9Descriptor/structure``.
    /// - Throws: ``RTPViolation/scalabilityStructure`` when it does not fit.
    package init(parsing payload: RawSpan, in range: Range<Int>) throws(RTPViolation) {
        guard range.lowerBound >= 0, range.upperBound <= payload.byteCount else {
            throw .scalabilityStructure
        }
        var reader = BitReader(payload.extracting(range))
        guard let count = reader.bits(3), let hasSizes = reader.flag(),
            let hasGroup = reader.flag(),
            reader.skip(3) != nil
        else { throw .scalabilityStructure }
        spatialLayers = Int(count) + 1
        sizes = []
        group = []
        if hasSizes {
            for _ in 0..<spatialLayers {
                guard let width = reader.bits(16), let height = reader.bits(16) else {
                    throw .scalabilityStructure
                }
                sizes.append(PixelSize(width: Int(width), height: Int(height)))
            }
        }
        if hasGroup { group = try Self.group(&reader) }
    }

    private static func group(_ reader: inout BitReader) throws(RTPViolation) -> [Picture] {
        guard let count = reader.bits(8) else { throw .scalabilityStructure }
        var group: [Picture] = []
        for _ in 0..<count {
            guard let temporalID = reader.bits(3), let up = reader.flag(),
                let references = reader.bits(2), reader.skip(2) != nil
            else { throw .scalabilityStructure }
            var differences: [UInt8] = []
            for _ in 0..<references {
                guard let difference = reader.bits(8) else { throw .scalabilityStructure }
                differences.append(UInt8(difference))
            }
            group.append(
                Picture(
                    temporalID: UInt8(temporalID), isSwitchingUpPoint: up, differences: differences)
            )
        }
        return group
    }

    /// Where the structure that starts at `start` ends, without reading what it says.
    static func end(in payload: RawSpan, from start: Int) throws(RTPViolation) -> Int {
        guard start < payload.byteCount else { throw .payloadDescriptor }
        let first = payload.byte(at: start)
        var end = start + 1
        if first & 0x10 != 0 { end += 4 * (Int(first >> 5) + 1) }
        if first & 0x08 != 0 {
            guard end < payload.byteCount else { throw .payloadDescriptor }
            let count = payload.byte(at: end)
            end += 1
            for _ in 0..<count {
                guard end < payload.byteCount else { throw .payloadDescriptor }
                end += 1 + Int(payload.byte(at: end) >> 2 & 0x03)
            }
        }
        guard end <= payload.byteCount else { throw .payloadDescriptor }
        return end
    }
}
