package import Webhooks

/// The bounds of ``WebhookDispatcher``.
package struct DispatcherLimits: Hashable, Sendable {
    /// Those of each webhook.
    package var delivery = DeliveryLimits()
    /// How often webhooks and messages are looked for that another process wrote.
    package var pollInterval: Duration = .seconds(1)
    /// How long a failed read or write waits before it is tried again.
    package var storageRetry: Duration = .seconds(1)
    /// Characters of what is kept about a failure.
    package var errorCharacters = 200

    package init() {}
}
