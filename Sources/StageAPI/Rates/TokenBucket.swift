import Primitives

/// A token bucket: lets `rate` requests a second through in the long run, and up to `burst` at once.
struct TokenBucket: Hashable, Sendable {
    enum Answer: Hashable {
        case admitted
        /// There will be a token after so long.
        case refused(retryAfter: Duration)
    }

    /// Millionths of a token: whole milliseconds add whole numbers of them, and nothing drifts.
    private static let unit: Int64 = 1_000_000

    private var level: Int64
    /// When the level was right.
    private var time: WallTime

    /// A full bucket.
    init(_ rate: APIRate, at now: WallTime) {
        level = Int64(rate.burst) * Self.unit
        time = now
    }

    /// Takes a token, if there is one.
    mutating func take(_ rate: APIRate, at now: WallTime) -> Answer {
        refill(rate, at: now)
        guard level < Self.unit else {
            level -= Self.unit
            return .admitted
        }
        let missing = Self.unit - level
        let perMillisecond = Int64(rate.perSecond) * (Self.unit / 1000)
        return .refused(
            retryAfter: .milliseconds((missing + perMillisecond - 1) / perMillisecond))
    }

    /// Whether nothing would change if it were made anew.
    func isFull(_ rate: APIRate, at now: WallTime) -> Bool {
        var bucket = self
        bucket.refill(rate, at: now)
        return bucket.level >= Int64(rate.burst) * Self.unit
    }

    private mutating func refill(_ rate: APIRate, at now: WallTime) {
        let capacity = Int64(rate.burst) * Self.unit
        // A clock that was set back adds nothing, and is believed from then on.
        let elapsed = max(0, now.unixMilliseconds - time.unixMilliseconds)
        let timeToFull = capacity / (Int64(rate.perSecond) * (Self.unit / 1000)) + 1
        let gained = min(elapsed, timeToFull) * Int64(rate.perSecond) * (Self.unit / 1000)
        level = min(capacity, level + gained)
        time = now
    }
}
