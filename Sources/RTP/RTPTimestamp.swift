/// An RTP timestamp: 32 bits in units of the stream's clock rate, which wrap (RFC 3550 §5.1).
///
/// There is no `<`, for the same reason as with sequence numbers.
package struct RTPTimestamp: Hashable, Sendable {
    package var rawValue: UInt32

    @inlinable
    package init(_ rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// The timestamp `ticks` of the clock rate later.
    @inlinable
    package func advanced(by ticks: Int64) -> RTPTimestamp {
        RTPTimestamp(rawValue &+ UInt32(truncatingIfNeeded: ticks))
    }

    /// The signed distance in ticks from `other` to `self`, by the shorter way round.
    @inlinable
    package func distance(from other: RTPTimestamp) -> Int32 {
        Int32(bitPattern: rawValue &- other.rawValue)
    }

    /// True when `self` comes after `other`, by the shorter way round.
    @inlinable
    package func isNewer(than other: RTPTimestamp) -> Bool {
        distance(from: other) > 0
    }
}
