/// Cuts frames into packets of VP9 (RFC 9628 §4.2) with marks: one spatial layer, in non-flexible mode, with the
/// picture's size in the scalability structure of keyframes.
enum VP9Packetizer {
    private static let hasID: UInt8 = 0x80
    private static let isPredicted: UInt8 = 0x40
    private static let isFirst: UInt8 = 0x08
    private static let isLast: UInt8 = 0x04
    private static let hasStructure: UInt8 = 0x02

    /// - Parameter mark: of the frame's first packet.
    static func packets(
        of frame: LayerEncoder.Frame, layer: HostScript.Layer, mark: FrameMark
    ) -> [[UInt8]] {
        FrameCutter.packets(of: frame, mark: mark) { index, _ in
            descriptor(of: frame, layer, index: index, of: Int(mark.count))
        }
    }

    private static func descriptor(
        of frame: LayerEncoder.Frame, _ layer: HostScript.Layer, index: Int, of count: Int
    ) -> [UInt8] {
        let tellsSize = frame.isKeyframe && index == 0
        let flags =
            hasID | (frame.isKeyframe ? 0 : isPredicted) | (index == 0 ? isFirst : 0)
            | (index == count - 1 ? isLast : 0) | (tellsSize ? hasStructure : 0)
        let number: [UInt8] = [
            0x80 | UInt8(truncatingIfNeeded: frame.number >> 8) & 0x7F,
            UInt8(truncatingIfNeeded: frame.number),
        ]
        guard tellsSize else { return [flags] + number }
        // One spatial layer, whose size follows, and no groups of pictures.
        let size = [layer.width, layer.height].flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        return [flags] + number + [0x10] + size
    }
}
