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
    /// One that was there in the last 30 s is known again after 1 s, and one decrease: downloads pause, and their
    /// window is small after a loss. Who then waited for the second decrease was far below a fair share until
    /// the queue was full again.
    static let memory: Int64 = 30_000_000
    static let knownPatience: Int64 = 1_000_000
    static let knownDecreases = 1

    /// Beside such a flow, a queue that is short only by that share is its trough, unless it stays for 0.5 s.
    static let trough: Int64 = 500_000

    private var lastEmpty: Instant?
    private var shortSince: Instant?
    private var longest: Int64 = 0
    private var decreases = 0
    private var lastCompeted: Instant?
    package private(set) var isCompeting = false

    package init() {}

    /// - Parameter queue: the shortest time that a packet of a message waited, in microseconds.
    package mutating func note(queue: Int64, at now: Instant) {
        guard let lastEmpty, !hasEmptied(queue, at: now) else {
            if isCompeting { lastCompeted = now }
            (longest, decreases, isCompeting) = (0, 0, false)
            shortSince = nil
            lastEmpty = now
            return
        }
        longest = max(longest, min(queue, Int64.max / 8))
        let isKnown = lastCompeted.map { now.microseconds(since: $0) < Self.memory } ?? false
        let patience = isKnown ? Self.knownPatience : Self.patience
        guard decreases >= (isKnown ? Self.knownDecreases : Self.decreases) else { return }
        if now.microseconds(since: lastEmpty) >= patience { isCompeting = true }
    }

    private mutating func hasEmptied(_ queue: Int64, at now: Instant) -> Bool {
        guard queue >= Self.emptyQueue else { return true }
        guard queue < Int64(Double(longest) * Self.emptyShare) else {
            shortSince = nil
            return false
        }
        let since = shortSince ?? now
        shortSince = since
        return !isCompeting || now.microseconds(since: since) >= Self.trough
    }

    package mutating func noteDecrease() { decreases = min(decreases + 1, Self.decreases) }
}
