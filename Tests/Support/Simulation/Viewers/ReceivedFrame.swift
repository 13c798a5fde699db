internal import Primitives

/// A frame that is being put together.
struct ReceivedFrame {
    /// The unwrapped number of its first packet, by which frames are in order.
    let first: Int64
    let mark: FrameMark
    private var has: [Bool]
    private var left: Int
    private(set) var bytes = 0
    /// When the last of its packets came.
    private(set) var complete = Instant.zero
    /// Some of it was asked for again.
    private(set) var isRepaired = false

    init(_ mark: FrameMark, first: Int64) {
        self.mark = mark
        self.first = first
        left = Int(mark.count)
        has = Array(repeating: false, count: left)
    }

    var end: Int64 { first + Int64(mark.count) }
    var isWhole: Bool { left == 0 }

    /// - Returns: false when it was there.
    mutating func take(_ index: UInt16, bytes: Int, isRepair: Bool, at now: Instant) -> Bool {
        guard !has[Int(index)] else { return false }
        has[Int(index)] = true
        left -= 1
        self.bytes += bytes
        complete = now
        isRepaired = isRepaired || isRepair
        return true
    }
}
