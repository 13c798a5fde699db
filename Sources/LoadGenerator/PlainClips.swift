package import RTP
package import SyntheticMedia

/// Media that no encoder made: frames of the wanted sizes whose headers are those of real ones, so that
/// a forwarder finds keyframes, and whose bodies mean nothing.
package enum PlainClips {
    /// The shape of a picture track.
    package struct Video: Hashable, Sendable {
        package var codec: Codec
        /// Payload bits a second, keyframes included.
        package var bitrate: Int
        /// Pictures a second, 1...240.
        package var frameRate: Int
        /// In pixels, a multiple of 16, up to 16,368.
        package var width = 1280
        package var height = 720

        package init(codec: Codec, bitrate: Int, frameRate: Int) {
            precondition(codec.isVideo && (1...240).contains(frameRate))
            self.codec = codec
            self.bitrate = bitrate
            self.frameRate = frameRate
        }
    }

    /// What a layer's bitrate is of that of the next higher one.
    private static let layerShare = 0.3

    /// The layers of a picture track, lowest first; the highest has the shape itself.
    /// - Parameter count: 1...3.
    package static func layers(_ count: Int, of shape: Video) -> [Clip] {
        var shape = shape
        var clips: [Clip] = []
        for _ in 0..<count {
            clips.insert(video(shape), at: 0)
            shape.bitrate = Int(Double(shape.bitrate) * layerShare)
            (shape.width, shape.height) = (shape.width / 32 * 16, shape.height / 32 * 16)
        }
        return clips
    }

    private static let keyframeSeconds = 2
    /// A keyframe is so many times as large as the others: what encoders make of a talking head.
    private static let keyframeWeight = 4
    /// Of the smallest frame: a header with something behind it.
    private static let leastFrameBytes = 32

    /// One keyframe, then two seconds without another.
    package static func video(_ shape: Video) -> Clip {
        let count = keyframeSeconds * shape.frameRate
        let bytes = keyframeSeconds * shape.bitrate / 8
        let size = max(leastFrameBytes, bytes / (count - 1 + keyframeWeight))
        let frames = (0..<count).map { index in
            let isKeyframe = index == 0
            let size = isKeyframe ? size * keyframeWeight : size
            return Clip.Frame(
                bytes: frame(shape, isKeyframe: isKeyframe, size: size),
                isKeyframe: isKeyframe)
        }
        return clip(shape.codec, frames, ticks: shape.codec.clockRate / shape.frameRate)
    }

    /// Opus packets of 20 ms.
    /// - Parameter bitrate: payload bits a second.
    package static func audio(bitrate: Int) -> Clip {
        // TOC: 20 ms of CELT in full band, stereo, one frame (RFC 6716 §3.1).
        let packet = [0xFC] + filler(max(leastFrameBytes, bitrate / 400) - 1)
        return clip(.opus, [Clip.Frame(bytes: packet, isKeyframe: true)], ticks: 960)
    }

    private static func clip(_ codec: Codec, _ frames: [Clip.Frame], ticks: Int) -> Clip {
        // Never refused: there is a keyframe, and there are few frames.
        guard let clip = try? Clip(codec: codec, frames: frames, frameTicks: Int64(ticks)) else {
            preconditionFailure("a plain clip is one")
        }
        return clip
    }

    private static func frame(_ shape: Video, isKeyframe: Bool, size: Int) -> [UInt8] {
        let header =
            shape.codec == .vp8 ? vp8Header(shape, isKeyframe) : h264Header(shape, isKeyframe)
        return header + filler(max(1, size - header.count))
    }

    /// No zero byte, and so no start code.
    private static func filler(_ count: Int) -> [UInt8] { [UInt8](repeating: 0x5A, count: count) }

    /// RFC 6386 §9.1: the tag, and in a keyframe the start code and the size, little-endian.
    private static func vp8Header(_ shape: Video, _ isKeyframe: Bool) -> [UInt8] {
        guard isKeyframe else { return [0x11, 0x02, 0x00] }
        let size = [shape.width, shape.height].flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        return [0x10, 0x02, 0x00, 0x9D, 0x01, 0x2A] + size
    }

    /// Annex B: the parameter sets before the first slice of a keyframe.
    private static func h264Header(_ shape: Video, _ isKeyframe: Bool) -> [UInt8] {
        let start: [UInt8] = [0, 0, 0, 1]
        guard isKeyframe else { return start + [0x41, 0x9A] }
        let sequenceSet = PlainSequenceSet.bytes(width: shape.width, height: shape.height)
        let pictureSet: [UInt8] = [0x68, 0xCE, 0x3C, 0x80]
        return start + sequenceSet + start + pictureSet + start + [0x65, 0x88]
    }
}
