internal import Primitives

/// What a payload says about its picture, read without decoding.
package enum Keyframe {
    /// Whether this packet starts a picture that needs no other.
    package static func startsKeyframe(_ codec: Codec, payload: RawSpan) -> Bool {
        switch codec {
        case .opus: true
        case .vp8: VP8Descriptor(parsing: payload)?.startsKeyframe(in: payload) ?? false
        case .h264: H264Payload.startsKeyframe(payload)
        }
    }

    /// The picture's size in pixels, where this packet says it: the first of a VP8 keyframe, or one
    /// with an H.264 sequence parameter set.
    package static func resolution(
        _ codec: Codec, payload: RawSpan
    ) -> (width: Int, height: Int)? {
        switch codec {
        case .opus: nil
        case .vp8: VP8Descriptor(parsing: payload)?.resolution(in: payload)
        case .h264: H264Payload.resolution(payload)
        }
    }
}

/// The VP8 payload descriptor (RFC 7741 §4.2).
package struct VP8Descriptor: Hashable, Sendable {
    package var startsPartition: Bool
    package var partition: UInt8
    package var pictureID: UInt16?
    package var tl0PictureIndex: UInt8?
    package var temporalLayer: UInt8?
    /// Bytes of the descriptor: where the VP8 data start.
    package var size: Int

    /// `nil` when the payload is too short for what its flags say.
    package init?(parsing payload: RawSpan) {
        guard payload.byteCount >= 1 else { return nil }
        let first = payload.byte(at: 0)
        startsPartition = first & 0x10 != 0
        partition = first & 0x07
        size = 1
        guard first & 0x80 != 0 else { return }
        guard payload.byteCount >= 2 else { return nil }
        let flags = payload.byte(at: 1)
        size = 2
        if flags & 0x80 != 0 {
            guard payload.byteCount > size else { return nil }
            let isLong = payload.byte(at: size) & 0x80 != 0
            guard !isLong || payload.byteCount >= size + 2 else { return nil }
            pictureID =
                isLong
                ? payload.uint16(at: size) & 0x7FFF : UInt16(payload.byte(at: size))
            size += isLong ? 2 : 1
        }
        if flags & 0x40 != 0 {
            guard payload.byteCount > size else { return nil }
            tl0PictureIndex = payload.byte(at: size)
            size += 1
        }
        if flags & 0x30 != 0 {
            guard payload.byteCount > size else { return nil }
            if flags & 0x20 != 0 { temporalLayer = payload.byte(at: size) >> 6 }
            size += 1
        }
    }

    /// The inverse key frame flag is the lowest bit of the frame header (RFC 6386 §9.1).
    func startsKeyframe(in payload: RawSpan) -> Bool {
        startsPartition && partition == 0 && payload.byteCount > size
            && payload.byte(at: size) & 0x01 == 0
    }

    /// Behind the 3-byte tag and the start code 9D 01 2A, little-endian, 14 bits each
    /// (RFC 6386 §9.1).
    func resolution(in payload: RawSpan) -> (width: Int, height: Int)? {
        guard startsKeyframe(in: payload), payload.byteCount >= size + 10,
            payload.uint24(at: size + 3) == 0x9D_012A
        else { return nil }
        let width = payload.uint16(at: size + 6).byteSwapped & 0x3FFF
        let height = payload.uint16(at: size + 8).byteSwapped & 0x3FFF
        return (Int(width), Int(height))
    }
}
