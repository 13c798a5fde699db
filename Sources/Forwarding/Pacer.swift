package import Primitives

/// How many packets of pictures one viewer may be sent at once.
///
/// What leaves together arrives together at the narrowest link of the way, whose queue may be short:
/// frames that were sent as they came lost 0.44 % where the same frames, spread over some
/// milliseconds, lost 0.007 % (livekit#4724). Sound is never held back for it.
package struct Pacer: Hashable, Sendable {
    /// When packets may go again.
    package private(set) var opensAt = Instant.zero

    private static let packetInterval = UInt64(Limits.packetInterval.nanoseconds)

    package init() {}

    /// How many may go at `now`.
    @inline(__always)
    package func allowance(at now: Instant) -> Int { now >= opensAt ? Limits.burstPackets : 0 }

    /// Notes that so many went: the next may go when these have had their time.
    @inline(__always)
    package mutating func note(sent count: Int, at now: Instant) {
        opensAt = now.advanced(byNanoseconds: Self.packetInterval &* UInt64(count))
    }
}
