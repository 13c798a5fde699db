/// The bounds of the deliveries to one webhook, and how its failures are waited out.
package struct DeliveryLimits: Hashable, Sendable {
    /// Messages that are under way at the same time, each of another stage.
    package var parallel = 8
    /// Deliveries that are held in memory: a message has about 0.5 KiB. More stay in the storage.
    package var held = 1_024
    /// Of those, deliveries of one stage: a stage whose messages fail must not keep out the others.
    package var heldPerStage = 64
    /// Deliveries that one read brings; at most ``held``.
    package var page = 128
    /// The longest first delay after a failure; it doubles with each further one, up to
    /// ``maximumDelay``. The delay is drawn between nothing and that ("full jitter"), so that a
    /// receiver that comes back is not met by everything at once.
    package var firstDelay: Duration = .seconds(1)
    package var maximumDelay: Duration = .seconds(5 * 60)
    /// How old a message may become before its next failure is the last one.
    package var maximumAge: Duration = .seconds(24 * 60 * 60)
    /// Attempts that also a message has that is older than ``maximumAge``: one that waited while the
    /// server was off, or was replayed.
    package var minimumAttempts = 3
    /// Attempts after which a message is given up, however young. Those of a day are about 580.
    package var maximumAttempts = 1_000

    package init() {}
}

extension DeliveryLimits {
    /// The delay is drawn from zero to this.
    /// - Parameter attempts: how many have failed; at least 1.
    package func longestDelay(afterAttempts attempts: Int) -> Duration {
        // From the 30th doubling on it is the maximum for any sensible first delay, and 2³⁰ seconds
        // do not overflow.
        min(maximumDelay, firstDelay * (1 << min(max(attempts, 1) - 1, 30)))
    }

    package func drawDelay(
        afterAttempts attempts: Int, using generator: inout some RandomNumberGenerator
    ) -> Duration {
        let longest = longestDelay(afterAttempts: attempts) / .milliseconds(1)
        return .milliseconds(Int64.random(in: 0...Int64(longest), using: &generator))
    }
}
