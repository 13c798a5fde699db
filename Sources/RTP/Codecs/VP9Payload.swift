import Primitives

/// What a forwarder wants to know of a VP9 payload (RFC 9628), without decoding.
package enum VP9Payload {
    /// True for the first packet of a key picture: a decoder can start with it.
    package static func startsKeyframe(_ payload: RawSpan) -> Bool {
        (try? VP9Descriptor(parsing: payload))?.startsKeyPicture ?? false
    }

    /// The picture's size in pixels, of its highest layer: from the scalability structure, or else from
    /// the uncompressed header of a keyframe. `nil` when the packet does not tell.
    package static func resolution(_ payload: RawSpan) -> (width: Int, height: Int)? {
        guard let descriptor = try? VP9Descriptor(parsing: payload) else { return nil }
        if let range = descriptor.structure,
            let structure = try? VP9ScalabilityStructure(parsing: payload, in: range),
            let size = structure.sizes.last, size.width > 0, size.height > 0
        {
            return (size.width, size.height)
        }
        guard descriptor.startsKeyPicture else { return nil }
        return keyframeSize(payload.extracting(descriptor.size..<payload.byteCount))
    }

    /// The size in the uncompressed header of a keyframe (VP9 bitstream specification §6.2).
    private static func keyframeSize(_ frame: RawSpan) -> (width: Int, height: Int)? {
        var reader = BitReader(frame)
        guard reader.bits(2) == 2, let low = reader.bits(1), let high = reader.bits(1) else {
            return nil
        }
        let profile = high << 1 | low
        if profile == 3, reader.bits(1) != 0 { return nil }  // reserved_zero
        // show_existing_frame and frame_type are 0 in a keyframe; show_frame, error_resilient_mode.
        guard reader.bits(1) == 0, reader.bits(1) == 0, reader.skip(2) != nil,
            reader.bits(24) == 0x498342, skipColor(profile: profile, &reader) != nil,
            let width = reader.bits(16), let height = reader.bits(16)
        else { return nil }
        return (Int(width) + 1, Int(height) + 1)
    }

    /// color_config() (§6.2.2).
    private static func skipColor(profile: UInt32, _ reader: inout BitReader) -> Void? {
        let isSRGB: UInt32 = 7
        if profile >= 2, reader.skip(1) == nil { return nil }  // ten_or_twelve_bit
        guard let space = reader.bits(3) else { return nil }
        let hasSubsampling = profile == 1 || profile == 3
        guard space != isSRGB else {
            return hasSubsampling ? reader.skip(1) : nil
        }
        return reader.skip(hasSubsampling ? 4 : 1)
    }
}
