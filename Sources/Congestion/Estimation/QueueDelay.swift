import Primitives

/// How long packets wait on their way, beyond the shortest way that any took in the last one to two
/// minutes: as long as another flow may keep the queue from emptying.
///
/// The clocks of both ends have no common origin, and need none: only differences count. They drift
/// by 100 ppm at most, which is 12 ms here.
struct QueueDelay: Equatable, Sendable {
    /// A shortest way is kept for so long, and then for as long again as the older of two: 60 s.
    static let window: Int64 = 60_000_000
    /// A packet that waits for less has found the queue as good as empty: 10 ms.
    static let calm: Int64 = 10_000

    private var shortest = Int64.max
    private var shortestBefore = Int64.max
    private var windowStart: Instant?
    private var origin: Instant?
    /// Microseconds that the newest packet waited.
    private(set) var current: Int64 = 0
    /// When it arrived, in microseconds on the receiver's clock.
    private(set) var arrival: Int64 = 0
    /// The least that one of the message waited: what a burst did not add by itself.
    private(set) var least: Int64?
    /// When the first of the packets arrived that have waited since, one and all.
    private var busySince: Int64?

    /// For how long packets have been arriving that waited, in microseconds. What a radio held back that looked
    /// around, or a machine that was busy, arrives all at once and is followed by what did not wait; what
    /// a link has no room for keeps arriving late.
    var busyTime: Int64 { busySince.map { max(0, arrival &- $0) } ?? 0 }

    /// A message begins.
    mutating func begin(at now: Instant) {
        if origin == nil { origin = now }
        least = nil
        guard let start = windowStart, now.microseconds(since: start) < Self.window else {
            windowStart = now
            shortestBefore = shortest
            shortest = .max
            return
        }
    }

    /// The way itself became longer: what the last message waited is none of a queue's.
    mutating func rebase() {
        guard let wait = least, wait > 0 else { return }
        shortest = min(shortest, shortestBefore) &+ wait
        shortestBefore = .max
        current = 0
        busySince = nil
    }

    /// - Parameter arrival: microseconds on the receiver's clock.
    mutating func add(sent: Instant, arrival: Int64) {
        let way = arrival &- sent.microseconds(since: origin ?? sent)
        shortest = min(shortest, way)
        current = way &- min(shortest, shortestBefore)
        self.arrival = arrival
        busySince = current < Self.calm ? nil : busySince ?? arrival
        least = min(least ?? current, current)
    }
}
