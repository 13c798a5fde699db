package import Primitives

/// Bounds what one track sends again, whatever it is asked for: a packet once a round trip, and all
/// together ``Limits/resendBurst`` at once and then as many as are forwarded.
package struct ResendBudget: Hashable, Sendable {
    package enum Outcome: Hashable, Sendable {
        case admitted
        /// The packet was sent again within the round trip.
        case repeated
        /// The budget is used up.
        case exhausted
    }

    private struct Resend: Hashable {
        var sequence: Int64 = -1
        var at = Instant.zero
    }

    /// The packets sent again, each at the place that follows from its number; empty until the first,
    /// since most tracks are never asked.
    private var places: [Resend] = []
    private var credit = UInt32(Limits.resendBurst)
    /// The packets forwarded by the last look at the credit.
    private var sentBefore: UInt32 = 0

    package init() {}

    /// Decides on one packet, and counts it when it is admitted.
    ///
    /// - Parameters:
    ///   - sequence: its unwrapped outgoing number.
    ///   - sent: packets that the track has forwarded so far; wraps.
    package mutating func admit(
        _ sequence: Int64, at now: Instant, roundTrip: Duration?, sent: UInt32
    ) -> Outcome {
        let burst = UInt32(Limits.resendBurst)
        credit = min(burst, credit + min(burst, sent &- sentBefore))
        sentBefore = sent
        guard credit > 0 else { return .exhausted }
        if places.isEmpty { places = Array(repeating: Resend(), count: Limits.resendBurst) }
        let place = Int(truncatingIfNeeded: sequence) & (Limits.resendBurst - 1)
        // A place that another packet took within the round trip is no reason to forget that one.
        let former = places[place]
        let interval = max(Limits.resendInterval, roundTrip ?? .zero)
        guard former.sequence < 0 || now - former.at >= interval else {
            return former.sequence == sequence ? .repeated : .exhausted
        }
        places[place] = Resend(sequence: sequence, at: now)
        credit -= 1
        return .admitted
    }

    /// Decides on sending once more what was just admitted, and counts it: only half of the budget is for
    /// that, so that what is asked for never waits for what is not.
    package mutating func admitCopy() -> Bool {
        guard credit > UInt32(Limits.resendBurst / 2) else { return false }
        credit -= 1
        return true
    }
}
