import Primitives

/// What a forwarder wants to know of an H.264 sequence parameter set (ITU-T H.264 §7.3.2.1.1).
package struct H264SequenceParameterSet: Equatable, Sendable {
    package var profile: UInt8
    package var level: UInt8
    /// The displayed size in pixels, cropping applied.
    package var width: Int
    package var height: Int

    /// - Parameter unit: the whole NAL unit, its one-byte header included.
    /// - Returns: `nil` for another NAL unit, and for one that is cut short or nonsense.
    package init?(parsing unit: RawSpan) {
        guard unit.byteCount >= 4,
            H264NALUnit.type(unit.byte(at: 0)) == H264NALUnit.sequenceParameterSet
        else { return nil }
        var reader = RBSPReader(unit, from: 1)
        guard let profile = reader.bits(8), reader.bits(8) != nil, let level = reader.bits(8),
            reader.unsigned() != nil,
            let chroma = Self.chroma(profile: profile, &reader),
            Self.skipOrderAndReferences(&reader),
            let size = Self.size(chroma, &reader)
        else { return nil }
        self.profile = UInt8(profile)
        self.level = UInt8(level)
        (width, height) = size
    }

    /// How many pixels a chroma sample covers, each way.
    private struct Chroma {
        var width = 2
        var height = 2
    }

    /// Profiles whose parameter sets carry the chroma format.
    private static let highProfiles: Set<UInt32> = [
        100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135,
    ]

    private static func chroma(profile: UInt32, _ reader: inout RBSPReader) -> Chroma? {
        guard highProfiles.contains(profile) else { return Chroma() }
        guard let format = reader.unsigned(), format <= 3 else { return nil }
        if format == 3, reader.bit() == nil { return nil }  // separate_colour_plane_flag
        guard reader.unsigned() != nil, reader.unsigned() != nil, reader.bit() != nil,
            let hasScaling = reader.flag()
        else { return nil }
        if hasScaling {
            for index in 0..<(format == 3 ? 12 : 8) {
                guard skipScalingList(size: index < 6 ? 16 : 64, &reader) else { return nil }
            }
        }
        switch format {
        case 1: return Chroma()
        case 2: return Chroma(width: 2, height: 1)
        default: return Chroma(width: 1, height: 1)  // monochrome, or as many samples as pixels
        }
    }

    private static func skipScalingList(size: Int, _ reader: inout RBSPReader) -> Bool {
        guard let isPresent = reader.flag() else { return false }
        guard isPresent else { return true }
        var last: Int64 = 8
        var next: Int64 = 8
        for _ in 0..<size {
            if next != 0 {
                guard let delta = reader.signed() else { return false }
                next = (last + Int64(delta)) & 0xFF
            }
            last = next == 0 ? last : next
        }
        return true
    }

    private static func skipOrderAndReferences(_ reader: inout RBSPReader) -> Bool {
        guard reader.unsigned() != nil, let orderType = reader.unsigned() else { return false }
        switch orderType {
        case 0:
            guard reader.unsigned() != nil else { return false }
        case 1:
            guard reader.bit() != nil, reader.signed() != nil, reader.signed() != nil,
                let count = reader.unsigned(), count <= Limits.maximumReferenceFramesInCycle
            else { return false }
            for _ in 0..<count {
                guard reader.signed() != nil else { return false }
            }
        case 2: break
        default: return false
        }
        return reader.unsigned() != nil && reader.bit() != nil
    }

    private static func size(
        _ chroma: Chroma, _ reader: inout RBSPReader
    ) -> (width: Int, height: Int)? {
        guard let columns = reader.unsigned(), columns < Limits.maximumMacroblocksPerSide,
            let rows = reader.unsigned(), rows < Limits.maximumMacroblocksPerSide,
            let isFramesOnly = reader.flag()
        else { return nil }
        if !isFramesOnly, reader.bit() == nil { return nil }
        // A map unit of a stream with fields is two macroblocks high.
        let fields = isFramesOnly ? 1 : 2
        var width = (Int(columns) + 1) * 16
        var height = (Int(rows) + 1) * 16 * fields
        guard reader.bit() != nil, let isCropped = reader.flag() else { return nil }
        if isCropped {
            guard let left = reader.unsigned(), let right = reader.unsigned(),
                let top = reader.unsigned(), let bottom = reader.unsigned()
            else { return nil }
            width -= chroma.width * (Int(left) + Int(right))
            height -= chroma.height * fields * (Int(top) + Int(bottom))
        }
        return width > 0 && height > 0 ? (width, height) : nil
    }
}
