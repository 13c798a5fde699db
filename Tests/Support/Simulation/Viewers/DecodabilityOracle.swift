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
    /// From which frame of its layer on nothing is missing up to that one.
    private var solidFrom: UInt32 = 0

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
        let mark = frame.mark
        guard let before else {
            note(frame, continues: false)
            return nil
        }
        let isBehind = before.end == frame.first
        let isSameLayer = (before.mark.host, before.mark.layer) == (mark.host, mark.layer)
        defer { note(frame, continues: isBehind && isSameLayer) }
        if before.end > frame.first { return (.cut, "\(before.mark) before \(mark)") }
        guard !mark.isKeyframe, isBehind else { return nil }
        let reference = Key(host: mark.host, layer: mark.layer, frame: mark.reference)
        let isFault =
            !isSameLayer || mark.reference >= solidFrom && !seen.contains(reference)
        return isFault ? (.orphan, "\(mark) behind \(before.mark)") : nil
    }

    private mutating func note(_ frame: ReceivedFrame, continues: Bool) {
        before = (frame.end, frame.mark)
        if !continues { solidFrom = frame.mark.frame }
    }
}
