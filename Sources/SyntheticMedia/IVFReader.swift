import Primitives
import RTP

/// Reads VP8 out of an IVF file: a header of 32 bytes, then frames behind 12 bytes each. All
/// integers are little-endian.
package enum IVFReader {
    private static let frameHeaderSize = 12

    package static func read(_ bytes: [UInt8]) throws(ClipViolation) -> Clip {
        guard bytes.count <= Limits.maximumClipBytes else { throw .tooLarge }
        let file = bytes.rawSpan
        guard file.byteCount >= 32, file.uint32(at: 0) == 0x444B_4946 else {  // "DKIF"
            throw .notThisFormat
        }
        guard file.uint32(at: 8) == 0x5650_3830 else { throw .unsupportedCodec }  // "VP80"
        let headerSize = Int(file.uint16(at: 6).byteSwapped)
        guard headerSize >= 32 else { throw .malformed }
        return try Clip(
            codec: .vp8, frames: try frames(of: bytes, from: headerSize),
            frameTicks: try frameTicks(
                rate: Int64(file.uint32(at: 16).byteSwapped),
                scale: Int64(file.uint32(at: 20).byteSwapped)))
    }

    /// From frames per `scale` seconds to units of 1/90,000 s.
    private static func frameTicks(rate: Int64, scale: Int64) throws(ClipViolation) -> Int64 {
        guard rate > 0, scale > 0 else { throw .malformed }
        let ticks = Int64(Codec.vp8.clockRate) * scale / rate
        guard (1...Int64(Codec.vp8.clockRate)).contains(ticks) else { throw .malformed }
        return ticks
    }

    private static func frames(
        of bytes: [UInt8], from start: Int
    ) throws(ClipViolation) -> [Clip.Frame] {
        let file = bytes.rawSpan
        var frames: [Clip.Frame] = []
        var offset = start
        while offset < bytes.count {
            guard offset + frameHeaderSize <= bytes.count else { throw .malformed }
            let size = Int(file.uint32(at: offset).byteSwapped)
            let data = offset + frameHeaderSize
            guard size > 0, data + size <= bytes.count else { throw .malformed }
            guard frames.count < Limits.maximumFrames else { throw .tooLarge }
            // The first bit of a VP8 frame is 0 in keyframes (RFC 6386 §9.1).
            frames.append(
                Clip.Frame(
                    bytes: Array(bytes[data..<data + size]), isKeyframe: bytes[data] & 1 == 0))
            offset = data + size
        }
        return frames
    }
}
