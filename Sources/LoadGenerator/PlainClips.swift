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

        package init(codec: Codec, bitrate: Int, frameRate: Int) {
            precondition(codec.isVideo && (1...240).contains(frameRate))
            self.codec = codec
            self.bitrate = bitrate
            self.frameRate = frameRate
        }
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
                bytes: frame(shape.codec, isKeyframe: isKeyframe, size: size),
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

    private static func frame(_ codec: Codec, isKeyframe: Bool, size: Int) -> [UInt8] {
        let header = codec == .vp8 ? vp8Header(isKeyframe) : h264Header(isKeyframe)
        return header + filler(max(1, size - header.count))
    }

    /// No zero byte, and so no start code.
    private static func filler(_ count: Int) -> [UInt8] { [UInt8](repeating: 0x5A, count: count) }

    /// RFC 6386 §9.1: the tag, and in a keyframe the start code and the size, 1280 times 720.
    private static func vp8Header(_ isKeyframe: Bool) -> [UInt8] {
        isKeyframe
            ? [0x10, 0x02, 0x00, 0x9D, 0x01, 0x2A, 0x00, 0x05, 0xD0, 0x02] : [0x11, 0x02, 0x00]
    }

    /// Annex B: the parameter sets of a 720p stream before the first slice of a keyframe.
    private static func h264Header(_ isKeyframe: Bool) -> [UInt8] {
        let start: [UInt8] = [0, 0, 0, 1]
        guard isKeyframe else { return start + [0x41, 0x9A] }
        let sequenceSet: [UInt8] = [
            0x67, 0x42, 0xC0, 0x1F, 0xDA, 0x01, 0x40, 0x16, 0xEC, 0x04, 0x40, 0x00, 0x00, 0x03,
            0x00, 0x40, 0x00, 0x00, 0x0F, 0x23, 0xC6, 0x0C, 0xA8,
        ]
        let pictureSet: [UInt8] = [0x68, 0xCE, 0x3C, 0x80]
        return start + sequenceSet + start + pictureSet + start + [0x65, 0x88]
    }
}
