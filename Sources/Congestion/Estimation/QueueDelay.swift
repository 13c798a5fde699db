import Primitives

/// How long packets wait on their way, beyond the shortest way that any took in the last 10 to 20 s.
///
/// The clocks of both ends have no common origin, and need none: only differences count. They drift
/// by 100 ppm at most, which is 2 ms here.
struct QueueDelay: Equatable, Sendable {
    /// A shortest way is kept for so long, and then for as long again as the older of two: 10 s.
    static let window: Int64 = 10_000_000

    private var shortest = Int64.max
    private var shortestBefore = Int64.max
    private var windowStart: Instant?
    private var origin: Instant?
    /// Microseconds that the newest packet waited; of several in one message the least, which is
    /// what a burst did not add by itself.
    private(set) var current: Int64 = 0

    /// A message begins.
    mutating func begin(at now: Instant) {
        if origin == nil { origin = now }
        guard let start = windowStart, now.microseconds(since: start) < Self.window else {
            windowStart = now
            shortestBefore = shortest
            shortest = .max
            return
        }
    }

    /// - Parameter arrival: microseconds on the receiver's clock.
    mutating func add(sent: Instant, arrival: Int64) {
        let way = arrival &- sent.microseconds(since: origin ?? sent)
        shortest = min(shortest, way)
        current = way &- min(shortest, shortestBefore)
    }
}
