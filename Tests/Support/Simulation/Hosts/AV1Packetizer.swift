internal import BitStrings
internal import Primitives

/// Cuts frames into packets of AV1 (AV1 RTP specification §4) with marks: a frame OBU each, and in front of
/// a keyframe's a sequence header with the picture's size.
enum AV1Packetizer {
    private static let continues: UInt8 = 0x80
    private static let isContinued: UInt8 = 0x40
    private static let startsSequence: UInt8 = 0x08
    /// obu_header of a frame without a size of its own.
    private static let frameHeader: UInt8 = 6 << 3

    /// - Parameter mark: of the frame's first packet.
    static func packets(
        of frame: LayerEncoder.Frame, layer: HostScript.Layer, mark: FrameMark
    ) -> [[UInt8]] {
        FrameCutter.packets(of: frame, mark: mark) { index, _ in
            let parts =
                (index == 0 ? 0 : continues) | (index == Int(mark.count) - 1 ? 0 : isContinued)
            guard index == 0 else { return [parts | 1 << 4] }
            guard frame.isKeyframe else { return [parts | 1 << 4, frameHeader] }
            let sequence = sequenceHeader(of: layer)
            return [parts | startsSequence | 2 << 4, UInt8(sequence.count)] + sequence
                + [frameHeader]
        }
    }

    /// The main profile, one operating point of level 3.1, and the picture's size (AV1 bitstream
    /// specification §5.5.1), up to where nobody reads on.
    private static func sequenceHeader(of layer: HostScript.Layer) -> [UInt8] {
        var bits = BitString()
        bits.append(1 << 3, 8)
        bits.append("000 0 0 0 0 00000")
        bits.append(0, 12)
        bits.append(5, 5)
        bits.append(15, 4)
        bits.append(15, 4)
        bits.append(layer.width - 1, 16)
        bits.append(layer.height - 1, 16)
        bits.append(0, 16)
        return bits.bytes
    }
}
