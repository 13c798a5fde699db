package import Primitives

/// Tells when we send less than the estimate allows, so that what arrives says nothing of the link
/// (alr_detector.cc, interval_budget.cc).
///
/// A budget that fills with 65 % of the target and empties with what is sent, over 500 ms: above 80 %
/// the source is the limit, below 50 % it is not.
package struct ApplicationLimitedDetector: Equatable, Sendable {
    static let usage = 0.65
    static let startLevel = 0.8
    static let stopLevel = 0.5
    static let window: Int64 = 500_000

    /// Since when the source has been the limit.
    package private(set) var limitedSince: Instant?
    /// When it last ceased to be.
    package private(set) var limitedUntil: Instant?
    /// Bytes, in -capacity...capacity.
    private var budget = 0.0
    private var last: Instant

    package init(at now: Instant) { last = now }

    package var isLimited: Bool { limitedSince != nil }

    /// Takes what was sent since the last call.
    package mutating func update(sent: Int, target: DataRate, at now: Instant) {
        let elapsed = min(max(0, now.microseconds(since: last)), Self.window)
        last = now
        let rate = target.scaled(by: Self.usage)
        let capacity = max(1, rate.bytes(in: Self.window))
        budget = min(max(budget + rate.bytes(in: elapsed) - Double(sent), -capacity), capacity)
        let level = budget / capacity
        if level > Self.startLevel, limitedSince == nil {
            limitedSince = now
        } else if level < Self.stopLevel, limitedSince != nil {
            limitedSince = nil
            limitedUntil = now
        }
    }
}
