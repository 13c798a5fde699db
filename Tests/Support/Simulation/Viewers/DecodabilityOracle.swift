internal import Primitives

/// Knows what a decoder could do with the frames that came: a frame is decodable when it is whole and
/// what it refers to was decoded since the last keyframe; a keyframe of another layer makes it forget.
struct DecodabilityOracle {
    private struct Key: Hashable {
        var host: UInt8
        var layer: UInt8
        var frame: UInt32
    }

    private var decoded: Set<UInt32> = []
    private var source: (host: UInt8, layer: UInt8)?
    /// Frames of which something came.
    private var seen: Set<Key> = []
    /// The last frame that was judged, and where it ended.
    private var before: (end: Int64, mark: FrameMark)?

    /// A frame must be shown to the oracle before the next one is judged.
    mutating func note(_ mark: FrameMark) {
        seen.insert(Key(host: mark.host, layer: mark.layer, frame: mark.frame))
    }

    func canDecode(_ mark: FrameMark) -> Bool {
        if mark.isKeyframe { return true }
        guard let source, source == (mark.host, mark.layer) else { return false }
        return decoded.contains(mark.reference)
    }

    mutating func decode(_ mark: FrameMark) {
        if mark.isKeyframe { decoded.removeAll(keepingCapacity: true) }
        source = (mark.host, mark.layer)
        decoded.insert(mark.frame)
        if decoded.count > 64 {
            let oldest = mark.frame &- 32
            decoded = decoded.filter { $0 >= oldest }
        }
    }

    enum Fault: String {
        /// Its reference was not forwarded, and nothing is missing before it.
        case orphan
        /// The frame before it ended before its last packet.
        case cut
    }

    /// Judges what was forwarded, frame by frame in the order of their numbers.
    mutating func judge(_ frame: ReceivedFrame) -> (Fault, String)? {
        defer { before = (frame.end, frame.mark) }
        guard let before else { return nil }
        if before.end > frame.first { return (.cut, "\(before.mark) before \(frame.mark)") }
        guard !frame.mark.isKeyframe, before.end == frame.first else { return nil }
        let reference = Key(
            host: frame.mark.host, layer: frame.mark.layer, frame: frame.mark.reference)
        return seen.contains(reference)
            ? nil : (.orphan, "\(frame.mark) behind \(before.mark)")
    }
}
