/// Cuts frames into packets of H.264 (RFC 6184) with marks: fragments (§5.8), and before those of a keyframe
/// its parameter set with the first slice in one packet (§5.7.1).
enum H264Packetizer {
    /// Parameter sets that x264 wrote, by the width of the picture: 320 x 180, 642 x 362 and 1280 x 720.
    private static let parameterSets: [Int: [UInt8]] = [
        320: [0x67, 0x42, 0xC0, 0x0D, 0xDA, 0x05, 0x06, 0x7E, 0x78] + timing + [0xC5, 0x0A, 0xA8],
        642: [
            0x67, 0x42, 0xC0, 0x1E, 0xDA, 0x02, 0x90, 0xBF, 0x88, 0x92, 0x10, 0, 0, 3, 0, 0x10, 0,
            0,
            3, 3, 0xC8, 0xF1, 0x62, 0xEA,
        ],
        1280: [0x67, 0x42, 0xC0, 0x1F, 0xDA, 0x01, 0x40, 0x16, 0xE8] + timing + [0xC6, 0x0C, 0xA8],
    ]
    /// What two of them have in common: 30 frames a second.
    private static let timing: [UInt8] = [0x40, 0, 0, 3, 0, 0x40, 0, 0, 0x0F, 0x23]

    /// - Parameter mark: of the frame's first packet.
    static func packets(
        of frame: LayerEncoder.Frame, layer: HostScript.Layer, mark: FrameMark
    ) -> [[UInt8]] {
        FrameCutter.packets(of: frame, mark: mark) { index, bytes in
            guard index == 0 else { return frame.isKeyframe ? [0x7C, 0x05] : [0x5C, 0x01] }
            guard frame.isKeyframe, let set = parameterSets[layer.width] else {
                return [0x5C, 0x81]
            }
            let size = UInt16(1 + bytes)
            return [0x78, 0, UInt8(set.count)] + set
                + [UInt8(size >> 8), UInt8(size & 0xFF), 0x65]
        }
    }
}
