package import Primitives

/// What may go to one viewer now: a leaky bucket, as a virtual clock that each packet moves on by the
/// time it takes at the rate.
///
/// What was not used lately may be used at once, up to a burst: so that a frame of a few packets leaves
/// as one message. What is more waits until 5 ms are worth of the rate are there again, for the same reason.
package struct PacingBudget: Equatable, Sendable {
    /// A burst is never less than this of the rate, and what waits goes in portions of it.
    package static let interval: Int64 = 5_000_000
    /// Nor is it more than this, however few packets it has: on a slow link ten are 200 ms, which would
    /// stand in its queue, before everything else.
    package static let longestBurst = Duration.milliseconds(15)
    /// What was sent again keeps the rest back for 100 ms at most.
    static let longestDebt: Int64 = 100_000_000
    /// After as many packets as a burst may have, small as they may be, the next wait: 1 ms.
    package static let pause: Int64 = 1_000_000
    /// What a packet takes, in bytes, where packets are counted.
    package static let packetBytes: Int64 = 1200

    package private(set) var rate: DataRate
    /// Packets of one burst, and the time that it may be worth at most.
    package let burst: Int
    private let longestBurst: Int64
    /// Packets go one by one, and little is saved up: see ``BandwidthEstimator/wantsSpacing``.
    package private(set) var isSmooth = false
    /// When all that was sent is paid for.
    private var paidAt: Instant
    /// After a burst of many small packets; in the past otherwise.
    private var pausedUntil: Instant

    /// - Parameters:
    ///   - burst: packets that may go at once.
    ///   - longestBurst: how much time of the rate they may take.
    package init(
        rate: DataRate, burst: Int = Limits.maximumBurst,
        longestBurst: Duration = Self.longestBurst, at now: Instant
    ) {
        self.rate = max(rate, DataRate(bitsPerSecond: 1))
        self.burst = burst
        self.longestBurst = longestBurst.nanoseconds
        paidAt = now.advanced(nanoseconds: -1_000_000_000)
        pausedUntil = now
    }

    /// What was sent already is not paid for again: the new rate holds for packets from now on.
    package mutating func setRate(_ rate: DataRate, isSmooth: Bool = false) {
        self.rate = max(rate, DataRate(bitsPerSecond: 1))
        self.isSmooth = isSmooth
    }

    /// When something may go, and a portion of it is worth it.
    package var opensAt: Instant {
        isSmooth
            ? max(pausedUntil, paidAt)
            : max(pausedUntil, paidAt.advanced(nanoseconds: Self.interval))
    }

    /// How many bytes may go at `now`: a burst at most; 0 before ``opensAt``.
    package func allowance(at now: Instant) -> Int {
        guard opensAt <= now else { return 0 }
        let time = min(max(0, now.microseconds(since: paidAt)), burstTime / 1000)
        return max(1, Int(min(rate.bytes(in: time), 1e9)))
    }

    /// Notes what went at once.
    package mutating func noteSent(bytes: Int, packets: Int, at now: Instant) {
        paidAt = max(paidAt, now.advanced(nanoseconds: -burstTime))
            .advanced(nanoseconds: time(of: bytes))
        if packets >= burst { pausedUntil = now.advanced(nanoseconds: Self.pause) }
    }

    /// Notes what went although it was not asked for here: a packet that was sent again. What waits, waits for
    /// it, but not for long, however much is sent again.
    package mutating func charge(bytes: Int, at now: Instant) {
        let latest = max(paidAt, now.advanced(nanoseconds: Self.longestDebt))
        paidAt = min(latest, paidAt.advanced(nanoseconds: time(of: bytes)))
    }

    /// How long the rate takes for so much, in nanoseconds.
    package func time(of bytes: Int) -> Int64 {
        Int64(min(Double(max(0, bytes)) * 8e9 / Double(rate.bitsPerSecond), 1e18))
    }

    /// How long the rate takes for a burst, in nanoseconds.
    private var burstTime: Int64 {
        guard !isSmooth else { return Self.interval }
        let bits = Int64(burst) * Self.packetBytes * 8
        let whole = min(longestBurst, bits * 1_000_000 / rate.bitsPerSecond * 1000)
        return max(Self.interval, whole)
    }
}
