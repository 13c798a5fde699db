internal import Primitives

/// Cuts frames into packets of VP8 (RFC 7741 §4.2) with marks.
enum VP8Packetizer {
    /// - Parameter mark: of the frame's first packet.
    static func packets(
        of frame: LayerEncoder.Frame, layer: HostScript.Layer, mark: FrameMark, isLayered: Bool
    ) -> [[UInt8]] {
        FrameCutter.packets(of: frame, mark: mark) { index, _ in
            var head: [UInt8] = []
            appendDescriptor(of: frame, isFirst: index == 0, isLayered, to: &head)
            if index == 0 { appendHeader(of: frame, layer, to: &head) }
            return head
        }
    }

    private static func appendDescriptor(
        of frame: LayerEncoder.Frame, isFirst: Bool, _ isLayered: Bool, to payload: inout [UInt8]
    ) {
        let isDroppable: UInt8 = frame.temporalLayer == 2 ? 0x20 : 0
        payload.append(0x80 | isDroppable | (isFirst ? 0x10 : 0))
        // I, and L and T with temporal layers.
        payload.append(isLayered ? 0xE0 : 0x80)
        payload.append(0x80 | UInt8(truncatingIfNeeded: frame.number >> 8) & 0x7F)
        payload.append(UInt8(truncatingIfNeeded: frame.number))
        guard isLayered else { return }
        payload.append(frame.baseIndex)
        payload.append(frame.temporalLayer << 6 | (frame.isLayerSync ? 0x20 : 0))
    }

    /// The frame tag, and a keyframe's start code and size (RFC 6386 §9.1).
    private static func appendHeader(
        of frame: LayerEncoder.Frame, _ layer: HostScript.Layer, to payload: inout [UInt8]
    ) {
        guard frame.isKeyframe else { return payload.append(contentsOf: [0x11, 0, 0]) }
        payload.append(contentsOf: [0x10, 0, 0, 0x9D, 0x01, 0x2A])
        payload.append(contentsOf: [UInt8(layer.width & 0xFF), UInt8(layer.width >> 8)])
        payload.append(contentsOf: [UInt8(layer.height & 0xFF), UInt8(layer.height >> 8)])
    }
}
