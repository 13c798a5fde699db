/// A synchronisation source identifier (RFC 3550 §3): names one stream of packets.
package struct SSRC: Hashable, Sendable {
    package var rawValue: UInt32

    @inlinable
    package init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// An RTP timestamp: 32 bits that wrap, in units of the codec's clock (RFC 3550 §5.1).
package struct RTPTimestamp: Hashable, Sendable {
    package var rawValue: UInt32

    @inlinable
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    @inlinable
    package func advanced(by units: Int64) -> RTPTimestamp {
        RTPTimestamp(rawValue: rawValue &+ UInt32(truncatingIfNeeded: units))
    }

    /// The signed distance from `other` to `self`, by the shorter way round.
    @inlinable
    package func distance(from other: RTPTimestamp) -> Int32 {
        Int32(bitPattern: rawValue &- other.rawValue)
    }
}

/// A codec whose packets are forwarded.
package enum Codec: String, Hashable, Sendable, CaseIterable {
    case opus
    case vp8
    case h264

    package var isVideo: Bool { self != .opus }

    /// Units of the RTP timestamp a second (RFC 7587 §4.1, RFC 7741 §4.1, RFC 6184 §8.2.1).
    package var clockRate: Int { isVideo ? 90_000 : 48_000 }
}
