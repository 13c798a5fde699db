/// Ties the monotonic clock to the wall clock at one moment.
///
/// Taken once, at start, by whoever owns the clocks, and handed to cores that must print wall time
/// (RTCP sender reports, event times). Wall time that follows from it never jumps.
package struct ClockAnchor: Hashable, Sendable {
    package var monotonic: Instant
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    package var unixNanoseconds: Int64

    package init(monotonic: Instant, unixNanoseconds: Int64) {
        self.monotonic = monotonic
        self.unixNanoseconds = unixNanoseconds
    }

    /// Nanoseconds since 1970 at `instant`.
    package func unixNanoseconds(at instant: Instant) -> Int64 {
        unixNanoseconds + monotonic.duration(to: instant).nanoseconds
    }

    /// The 64-bit NTP timestamp at `instant`: seconds since 1900 in the upper half, the fraction
    /// of a second in the lower (RFC 5905 §6).
    package func ntp(at instant: Instant) -> UInt64 {
        NTPTime.encode(unixNanoseconds: unixNanoseconds(at: instant))
    }
}

/// Conversions between Unix time and the 64-bit NTP timestamp format (RFC 5905 §6).
package enum NTPTime {
    /// Seconds from 1900-01-01 to 1970-01-01.
    package static let unixEpochOffset: UInt64 = 2_208_988_800

    package static func encode(unixNanoseconds: Int64) -> UInt64 {
        let clamped = UInt64(max(0, unixNanoseconds))
        let (seconds, nanoseconds) = clamped.quotientAndRemainder(dividingBy: 1_000_000_000)
        let fraction = (nanoseconds << 32) / 1_000_000_000
        return ((seconds + unixEpochOffset) << 32) | fraction
    }

    /// Nanoseconds since 1970; negative for moments before.
    package static func unixNanoseconds(_ ntp: UInt64) -> Int64 {
        let seconds = Int64(ntp >> 32) - Int64(unixEpochOffset)
        let fraction = Int64(((ntp & 0xFFFF_FFFF) * 1_000_000_000) >> 32)
        return seconds * 1_000_000_000 + fraction
    }

    /// The middle 32 bits, as RTCP's LSR and DLSR use them: units of 1/65536 s (RFC 3550 §6.4.1).
    @inlinable
    package static func middle(_ ntp: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: ntp >> 16)
    }
}
