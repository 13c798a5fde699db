import Primitives

/// Finds keyframes in RTP payloads, without decoding.
package enum Keyframe {
    /// True when a decoder can start with this packet: the first packet of a keyframe, or of the
    /// parameter sets in front of it. Always true for sound.
    package static func startsKeyframe(_ codec: Codec, payload: RawSpan) -> Bool {
        switch codec {
        case .opus: payload.byteCount > 0
        case .vp8: vp8FrameOffset(payload) != nil
        case .h264: startsH264Keyframe(payload)
        case .vp9: VP9Payload.startsKeyframe(payload)
        case .av1: AV1Payload.startsKeyframe(payload)
        }
    }

    /// The picture's size in pixels, of its highest layer, when this packet tells: the first packet of a
    /// keyframe of VP8 or VP9, a parameter set of H.264, a sequence header of AV1. `nil` otherwise.
    package static func resolution(
        _ codec: Codec, payload: RawSpan
    ) -> (width: Int, height: Int)? {
        switch codec {
        case .opus: nil
        case .vp8: vp8Resolution(payload)
        case .h264: h264Resolution(payload)
        case .vp9: VP9Payload.resolution(payload)
        case .av1: AV1Payload.resolution(payload)
        }
    }

    /// Where the frame header of a VP8 keyframe starts; `nil` when the payload starts none.
    private static func vp8FrameOffset(_ payload: RawSpan) -> Int? {
        guard let descriptor = try? VP8Descriptor(parsing: payload), descriptor.startsFrame,
            descriptor.size < payload.byteCount, payload.byte(at: descriptor.size) & 0x01 == 0
        else { return nil }
        return descriptor.size
    }

    /// A keyframe's header: three bytes of tag, the start code 9D 01 2A, then width and height in 14
    /// bits each, little-endian (RFC 6386 §9.1).
    private static func vp8Resolution(_ payload: RawSpan) -> (width: Int, height: Int)? {
        guard let start = vp8FrameOffset(payload), start + 10 <= payload.byteCount,
            payload.uint24(at: start + 3) == 0x9D012A
        else { return nil }
        let width = Int(payload.uint16(at: start + 6).byteSwapped & 0x3FFF)
        let height = Int(payload.uint16(at: start + 8).byteSwapped & 0x3FFF)
        return width > 0 && height > 0 ? (width, height) : nil
    }

    private static func startsH264Keyframe(_ payload: RawSpan) -> Bool {
        if let type = H264NALUnit.startedFragment(in: payload) { return isH264Start(type) }
        var found = false
        H264NALUnit.forEachWhole(in: payload) { type, _ in
            found = isH264Start(type)
            return !found
        }
        return found
    }

    private static func isH264Start(_ type: UInt8) -> Bool {
        type == H264NALUnit.idrSlice || type == H264NALUnit.sequenceParameterSet
    }

    private static func h264Resolution(_ payload: RawSpan) -> (width: Int, height: Int)? {
        var set: Range<Int>?
        H264NALUnit.forEachWhole(in: payload) { type, unit in
            if type == H264NALUnit.sequenceParameterSet { set = unit }
            return set == nil
        }
        guard let set,
            let parsed = H264SequenceParameterSet(parsing: payload.extracting(set))
        else { return nil }
        return (parsed.width, parsed.height)
    }
}
