package import Primitives

/// Tells when somebody else keeps the queue full: a download that backs off for loss only. Whoever
/// then backs off for delay gets what is left, which is little.
///
/// Alone, or among flows that follow delay, a decrease empties the queue. Where two did not, and the
/// queue has not been empty for 4 s, there is such a flow. It is gone when the queue empties, which a
/// decrease for loss sees to when we are alone.
package struct CompetitionDetector: Equatable, Sendable {
    /// A queue is as good as empty below 30 ms, or below a quarter of its longest since it was: the
    /// way itself may have become longer.
    static let emptyQueue: Int64 = 30_000
    static let emptyShare = 0.25
    static let patience: Int64 = 4_000_000
    static let decreases = 2

    private var lastEmpty: Instant?
    private var longest: Int64 = 0
    private var decreases = 0
    package private(set) var isCompeting = false

    package init() {}

    /// - Parameter queue: the shortest time that a packet of a message waited, in microseconds.
    package mutating func note(queue: Int64, at now: Instant) {
        let empty = max(Self.emptyQueue, Int64(Double(longest) * Self.emptyShare))
        guard let lastEmpty, queue >= empty else {
            self = CompetitionDetector()
            lastEmpty = now
            return
        }
        longest = max(longest, min(queue, Int64.max / 8))
        if decreases >= Self.decreases, now.microseconds(since: lastEmpty) >= Self.patience {
            isCompeting = true
        }
    }

    package mutating func noteDecrease() { decreases = min(decreases + 1, Self.decreases) }
}
