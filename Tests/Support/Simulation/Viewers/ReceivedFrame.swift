internal import Primitives

/// A frame that is being put together.
struct ReceivedFrame {
    /// The unwrapped number of its first packet, by which frames are in order.
    let first: Int64
    let mark: FrameMark
    private var has: [Bool]
    private var left: Int

    init(_ mark: FrameMark, first: Int64) {
        self.mark = mark
        self.first = first
        left = Int(mark.count)
        has = Array(repeating: false, count: left)
    }

    var end: Int64 { first + Int64(mark.count) }
    var isWhole: Bool { left == 0 }

    mutating func take(_ index: UInt16) {
        guard !has[Int(index)] else { return }
        has[Int(index)] = true
        left -= 1
    }
}
