/// A point on the monotonic clock, in nanoseconds since an unspecified origin.
///
/// Cores take an `Instant` as an argument and never read a clock, so that every one of them can be
/// run in virtual time. It is not `ContinuousClock.Instant`, which cannot be made at will.
package struct Instant: Hashable, Comparable, Sendable {
    /// Nanoseconds since the clock's origin.
    package var nanoseconds: UInt64

    @inlinable
    package init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    /// The clock's origin: where virtual time starts in tests.
    package static let zero = Instant(nanoseconds: 0)

    /// A point that no clock reaches: the deadline of what waits for nothing.
    package static let distantFuture = Instant(nanoseconds: .max)

    @inlinable
    package static func < (lhs: Instant, rhs: Instant) -> Bool {
        lhs.nanoseconds < rhs.nanoseconds
    }

    /// The instant `duration` later; saturates at both ends of the clock.
    @inlinable
    package func advanced(by duration: Duration) -> Instant {
        advanced(nanoseconds: duration.nanoseconds)
    }

    /// The instant `count` nanoseconds later, or earlier; saturates at both ends of the clock. For
    /// where a `Duration`, whose arithmetic has 128 bits, would be felt.
    @inlinable
    package func advanced(nanoseconds count: Int64) -> Instant {
        let (sum, overflow) =
            count >= 0
            ? nanoseconds.addingReportingOverflow(UInt64(count))
            : nanoseconds.subtractingReportingOverflow(count.magnitude)
        guard !overflow else { return count >= 0 ? .distantFuture : .zero }
        return Instant(nanoseconds: sum)
    }

    /// The time from `self` to `other`; negative when `other` is earlier.
    @inlinable
    package func duration(to other: Instant) -> Duration {
        .nanoseconds(Int64(bitPattern: other.nanoseconds &- nanoseconds))
    }

    /// The time from `earlier` to `self` in nanoseconds, 0 when that is later.
    @inlinable
    package func nanoseconds(since earlier: Instant) -> UInt64 {
        nanoseconds > earlier.nanoseconds ? nanoseconds - earlier.nanoseconds : 0
    }

    @inlinable
    package static func + (lhs: Instant, rhs: Duration) -> Instant { lhs.advanced(by: rhs) }

    @inlinable
    package static func - (lhs: Instant, rhs: Instant) -> Duration { rhs.duration(to: lhs) }

    @inlinable
    package static func - (lhs: Instant, rhs: Duration) -> Instant {
        lhs.advanced(by: .zero - rhs)
    }
}

extension Duration {
    /// The whole duration in nanoseconds; saturates at about 292 years.
    @inlinable
    package var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds > 0 ? .max : .min }
        let (sum, carried) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
        guard !carried else { return seconds > 0 ? .max : .min }
        return sum
    }

    /// The duration in milliseconds, with fractions: for figures that people read.
    package var milliseconds: Double { Double(nanoseconds) / 1e6 }

    /// The duration in seconds, with fractions.
    package var seconds: Double { Double(nanoseconds) / 1e9 }
}
