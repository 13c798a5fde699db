package import Primitives
internal import RTP

/// What each packet of a scripted host says of itself in the last bytes of its payload, so that a viewer
/// knows exactly what it got, whatever was done to the headers on the way.
package struct FrameMark: Hashable, Sendable {
    static let size = 36
    /// The reference of a keyframe, which has none.
    static let none = UInt32.max
    /// The layer of sound.
    static let sound: UInt8 = 0xFF

    package var host: UInt8
    /// The place of the layer in the host's script; ``sound`` for sound.
    package var layer: UInt8
    /// Of the frame in its layer.
    package var frame: UInt32
    /// The frame that must have been decoded before.
    package var reference: UInt32
    package var index: UInt16
    package var count: UInt16
    package var captured: Instant
    /// When the host's pacer lets the last packet of the frame go.
    package var sent: Instant

    package var isKeyframe: Bool { reference == Self.none }

    func write(into bytes: inout [UInt8]) {
        func append(_ value: UInt64, _ count: Int) {
            for shift in (0..<count).reversed() {
                bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * shift)))
            }
        }
        append(0x526F_5374, 4)
        append(UInt64(host), 2)
        append(UInt64(layer), 2)
        append(UInt64(frame), 4)
        append(UInt64(reference), 4)
        append(UInt64(index), 2)
        append(UInt64(count), 2)
        append(captured.nanoseconds, 8)
        append(sent.nanoseconds, 8)
    }

    /// Reads the mark at the end of a payload; `nil` when there is none.
    init?(endOf payload: RawSpan) {
        let start = payload.byteCount - Self.size
        guard start >= 0, payload.uint32(at: start) == 0x526F_5374 else { return nil }
        host = UInt8(truncatingIfNeeded: payload.uint16(at: start + 4))
        layer = UInt8(truncatingIfNeeded: payload.uint16(at: start + 6))
        frame = payload.uint32(at: start + 8)
        reference = payload.uint32(at: start + 12)
        index = payload.uint16(at: start + 16)
        count = payload.uint16(at: start + 18)
        captured = Instant(nanoseconds: payload.uint64(at: start + 20))
        sent = Instant(nanoseconds: payload.uint64(at: start + 28))
    }

    init(
        host: UInt8, layer: UInt8, frame: UInt32, reference: UInt32, index: UInt16, count: UInt16,
        captured: Instant, sent: Instant
    ) {
        self.host = host
        self.layer = layer
        self.frame = frame
        self.reference = reference
        self.index = index
        self.count = count
        self.captured = captured
        self.sent = sent
    }
}
