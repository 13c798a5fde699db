package import Primitives

/// Collects the viewers' wishes for a keyframe of one layer into as few requests to the host as it
/// takes: one at a time, ``Limits/keyframeInterval`` apart, until a keyframe comes.
package struct KeyframeRequester: Hashable, Sendable {
    private var isWanted = false
    private var lastRequest: Instant?

    package init() {}

    package mutating func want() { isWanted = true }

    package mutating func keyframeStarted() { isWanted = false }

    /// When ``takeRequest(at:)`` next says yes; `nil`: nobody waits.
    package var wakeup: Instant? {
        guard isWanted else { return nil }
        guard let lastRequest else { return .zero }
        return lastRequest + Limits.keyframeInterval
    }

    /// Whether to send a request now; counts it as sent.
    package mutating func takeRequest(at now: Instant) -> Bool {
        guard let wakeup, wakeup <= now else { return false }
        lastRequest = now
        return true
    }
}
