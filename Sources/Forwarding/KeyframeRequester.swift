package import Primitives

/// Collects the viewers' wishes for a keyframe of one layer into as few requests to the host as it
/// takes: one at a time, ``Limits/keyframeInterval`` apart, until a keyframe comes.
package struct KeyframeRequester: Hashable, Sendable {
    package enum Answer: Hashable, Sendable {
        /// Nobody waits, or not yet again.
        case nothing
        /// Send a request.
        case request
        /// The wish is given up.
        case abandoned
    }

    package private(set) var isWanted = false
    private var lastRequest: Instant?
    /// Requests since the layer fell silent.
    private var unheard = 0

    package init() {}

    package mutating func want() { isWanted = true }

    package mutating func keyframeStarted() { isWanted = false }

    /// When ``takeRequest(isActive:at:)`` next has something to say; `nil`: nobody waits.
    package var wakeup: Instant? {
        guard isWanted else { return nil }
        guard let lastRequest else { return .zero }
        return lastRequest + Limits.keyframeInterval
    }

    /// Whether to send a request now; counts it as sent.
    ///
    /// - Parameter isActive: whether the layer brings anything. One that does not hears
    ///   ``Limits/keyframeAttempts`` requests and no more.
    package mutating func takeRequest(isActive: Bool, at now: Instant) -> Answer {
        if isActive { unheard = 0 }
        guard let wakeup, wakeup <= now else { return .nothing }
        guard unheard < Limits.keyframeAttempts else { return abandon() }
        if !isActive { unheard += 1 }
        lastRequest = now
        return .request
    }

    /// Gives a wish up, if there is one.
    package mutating func abandon() -> Answer {
        guard isWanted else { return .nothing }
        isWanted = false
        unheard = 0
        return .abandoned
    }
}
