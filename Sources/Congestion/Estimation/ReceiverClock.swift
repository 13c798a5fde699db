import Primitives

/// Widens the reference times of transport feedback, 24 bits of 64 ms that wrap, and watches that
/// the receiver's clock runs as ours does
/// (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).
struct ReceiverClock: Equatable, Sendable {
    /// How far the receiver's clock may move against ours from one message to the next:
    /// 3 s, as in the reference (inter_arrival_delta.cc). Feedback itself is late by less.
    static let maximumJump: Int64 = 3_000_000

    private var reference: Int32?
    /// The reference in microseconds, without wrapping; its origin is the first message's.
    private(set) var base: Int64 = 0
    private var last = Instant.zero

    /// The reference time of a message that came at `now`, in microseconds since the first one's;
    /// and whether the clock jumped, so that times from before do not compare.
    mutating func advance(to steps: Int32, at now: Instant) -> (base: Int64, jumped: Bool) {
        defer {
            reference = steps
            last = now
        }
        guard let reference else { return (0, false) }
        // The difference of 24 bits, as a signed number of 24 bits.
        let difference = Int64(((steps &- reference) << 8) >> 8)
        let moved = difference &* 64_000
        base &+= moved
        let elapsed = now.microseconds(since: last)
        return (base, (moved &- elapsed).magnitude > UInt64(Self.maximumJump))
    }
}
