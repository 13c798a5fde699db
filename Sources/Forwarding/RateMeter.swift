package import Primitives

/// Bytes and frames a second over the last second or so, in two halves that take turns.
package struct RateMeter: Hashable, Sendable {
    private var windowStart = Instant.zero
    private var bytes = 0
    private var frames = 0
    private var lastRate = DataRate.zero
    private var lastFrames = 0.0

    package init() {}

    package mutating func count(bytes: Int, endsFrame: Bool, at now: Instant) {
        roll(at: now)
        self.bytes += bytes
        if endsFrame { frames += 1 }
    }

    /// The rates of the last whole second; zero when it brought nothing.
    package mutating func rates(at now: Instant) -> (rate: DataRate, framesPerSecond: Double) {
        roll(at: now)
        return (lastRate, lastFrames)
    }

    private mutating func roll(at now: Instant) {
        let elapsed = now - windowStart
        guard elapsed >= .seconds(1) else { return }
        let isCurrent = elapsed < .seconds(2)
        lastRate = isCurrent ? DataRate(bytes: bytes, in: elapsed) : .zero
        lastFrames = isCurrent ? Double(frames) / elapsed.seconds : 0
        bytes = 0
        frames = 0
        windowStart = now
    }
}
