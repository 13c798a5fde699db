package import Primitives

/// When the next packet may go to one viewer: a leaky bucket, as a virtual clock that each packet
/// moves on by the time it takes at the rate.
package struct PacingBudget: Equatable, Sendable {
    /// What was not sent may be caught up on for so long: 5 ms. A worker that looks late at its
    /// packets does not fall behind, and a source that was silent saves nothing up.
    package static let catchUp: Int64 = 5_000_000
    /// After ``Limits/maximumBurst`` packets in one go, the next waits: 1 ms.
    package static let pause: Int64 = 1_000_000

    package private(set) var rate: DataRate
    /// When the next packet may go.
    private var next: Instant
    private var burst = 0
    private var lastSent: Instant

    package init(rate: DataRate, at now: Instant) {
        self.rate = max(rate, DataRate(bitsPerSecond: 1))
        next = now
        lastSent = now
    }

    /// What was sent already is not paid for again: the new rate holds for packets from now on.
    package mutating func setRate(_ rate: DataRate) {
        self.rate = max(rate, DataRate(bitsPerSecond: 1))
    }

    /// When the next packet may go.
    package var nextSend: Instant {
        burst >= Limits.maximumBurst
            ? max(next, lastSent.advanced(nanoseconds: Self.pause)) : next
    }

    package func maySend(at now: Instant) -> Bool { nextSend <= now }

    /// How many bytes may go now: what ``catchUp`` and the rate allow, and none before ``nextSend``.
    package func bytesAllowed(at now: Instant) -> Int {
        guard maySend(at: now) else { return 0 }
        let credit = min(max(0, now.microseconds(since: next)), Self.catchUp / 1000)
        return max(1, Int(min(rate.bytes(in: credit), 1e9)))
    }

    /// Notes that a packet goes.
    package mutating func noteSent(bytes: Int, at now: Instant) {
        let time = Double(max(0, bytes)) * 8e9 / Double(rate.bitsPerSecond)
        next = max(next, now.advanced(nanoseconds: -Self.catchUp))
            .advanced(nanoseconds: Int64(min(time, 1e18)))
        let isInBurst = Int64(bitPattern: now.nanoseconds &- lastSent.nanoseconds) < Self.pause
        burst = isInBurst ? burst + 1 : 1
        lastSent = now
    }
}
