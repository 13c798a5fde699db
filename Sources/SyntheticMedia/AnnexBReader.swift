import Primitives
import RTP

/// Reads H.264 byte streams (ITU-T H.264 Annex B): NAL units behind start codes.
package enum AnnexBReader {
    /// - Parameter frameRate: of the pictures, which the stream itself need not say: 1...240.
    package static func read(_ bytes: [UInt8], frameRate: Int) throws(ClipViolation) -> Clip {
        precondition((1...240).contains(frameRate))
        guard bytes.count <= Limits.maximumClipBytes else { throw .tooLarge }
        guard startsWithStartCode(bytes) else { throw .notThisFormat }
        return try Clip(
            codec: .h264, frames: try accessUnits(of: bytes),
            frameTicks: Int64(Codec.h264.clockRate / frameRate))
    }

    private static func startsWithStartCode(_ bytes: [UInt8]) -> Bool {
        bytes.starts(with: [0, 0, 1]) || bytes.starts(with: [0, 0, 0, 1])
    }

    /// Where the NAL units lie in `bytes`, without start codes and trailing zero bytes; none is
    /// empty.
    static func units(in bytes: [UInt8]) -> [Range<Int>] {
        var units: [Range<Int>] = []
        var start: Int?
        var zeros = 0
        for offset in bytes.indices {
            let byte = bytes[offset]
            if byte == 1, zeros >= 2 {
                if let start, start < offset - zeros { units.append(start..<offset - zeros) }
                start = offset + 1
            }
            zeros = byte == 0 ? zeros + 1 : 0
        }
        if let start, start < bytes.count - zeros { units.append(start..<bytes.count - zeros) }
        return units
    }

    /// Puts the units of one picture together, each behind a start code of four bytes.
    private static func accessUnits(of bytes: [UInt8]) throws(ClipViolation) -> [Clip.Frame] {
        var frames: [Clip.Frame] = []
        var current = AccessUnit()
        for unit in units(in: bytes) {
            if current.ends(before: bytes[unit]) {
                guard frames.count < Limits.maximumFrames else { throw .tooLarge }
                frames.append(current.frame)
                current = AccessUnit()
            }
            current.append(bytes[unit])
        }
        if current.hasSlice { frames.append(current.frame) }
        return frames
    }
}

/// One picture while its NAL units are collected.
private struct AccessUnit {
    private var bytes: [UInt8] = []
    private(set) var hasSlice = false
    private var hasIDR = false
    private var hasParameterSets = false

    var frame: Clip.Frame {
        Clip.Frame(bytes: bytes, isKeyframe: hasIDR && hasParameterSets)
    }

    /// ITU-T H.264 §7.4.1.2.3, as far as streams without redundant or auxiliary pictures need it:
    /// behind a slice, a parameter set, SEI or delimiter starts a picture, and so does a slice
    /// whose first macroblock is 0.
    func ends(before unit: ArraySlice<UInt8>) -> Bool {
        guard hasSlice, let header = unit.first else { return false }
        switch H264NALUnit.type(header) {
        case 1...5:
            // first_mb_in_slice is ue(v): 0 is a single 1 bit.
            return unit.dropFirst().first.map { $0 & 0x80 != 0 } ?? false
        case 6...9, 14...18: return true
        default: return false
        }
    }

    mutating func append(_ unit: ArraySlice<UInt8>) {
        guard let header = unit.first else { return }
        switch H264NALUnit.type(header) {
        case H264NALUnit.idrSlice: (hasSlice, hasIDR) = (true, true)
        case 1...5: hasSlice = true
        case H264NALUnit.sequenceParameterSet: hasParameterSets = true
        default: break
        }
        bytes += [0, 0, 0, 1]
        bytes += unit
    }
}
