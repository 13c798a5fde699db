package import Primitives

/// A rate that is looked at now and then, over some seconds: it follows what rises sooner than what falls,
/// since a stream that is taken for cheaper than it is fills a network's queue.
package struct SmoothedRate: Hashable, Sendable {
    private var value = 0.0
    private var nextSample = Instant.zero

    package init() {}

    /// Takes a rate, unless one was taken just before.
    ///
    /// - Returns: the smoothed one; the first one as it is.
    package mutating func note(_ rate: DataRate, at now: Instant) -> DataRate {
        if now >= nextSample {
            nextSample = now + Limits.rateInterval
            let sample = Double(rate.bitsPerSecond)
            let weight = sample > value ? Limits.risingRateWeight : Limits.fallingRateWeight
            value = value == 0 ? sample : value + (sample - value) * weight
        }
        return DataRate(bitsPerSecond: Int64(value))
    }
}
