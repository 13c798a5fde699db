package import Primitives

/// What deliveries have come to since the start, and what waits now.
package struct DeliveryFigures: Hashable, Sendable {
    /// Messages that a receiver took.
    package var delivered: UInt64 = 0
    /// Attempts that failed.
    package var failed: UInt64 = 0
    /// Messages that were given up.
    package var dead: UInt64 = 0
    /// Messages that wait, over all webhooks, as far as they were looked at.
    package var backlog = 0
    /// Attempts under way.
    package var inFlight = 0
    /// When the oldest message happened that waits.
    package var oldest: WallTime?
    package var webhooks = 0

    package init() {}
}
