package import Primitives

/// Something that happened and that a backend may want to hear of.
package struct NotificationRecord: Hashable, Codable, Sendable {
    /// Unique and rising over all notifications; 0 until stored.
    package var position: Int64
    /// Unique for ever: what a receiver tells repeats by.
    package var id: String
    /// Deliveries of one stage keep their order; `nil` for what concerns no stage.
    package var stage: StageID?
    /// `IVS Stage Update`, …: what webhooks select by.
    package var kind: String
    package var time: WallTime
    /// The whole message as JSON.
    package var body: String

    package init(
        position: Int64 = 0, id: String, stage: StageID?, kind: String, time: WallTime, body: String
    ) {
        self.position = position
        self.id = id
        self.stage = stage
        self.kind = kind
        self.time = time
        self.body = body
    }
}

/// A backend's address for notifications.
package struct WebhookRecord: Hashable, Codable, Sendable {
    package var id: String
    package var url: String
    /// What signatures are made with, as it is kept: sealed.
    package var secret: String
    /// The ``NotificationRecord/kind``s that it wants; empty for all.
    package var kinds: Set<String>
    package var createdAt: WallTime

    package init(
        id: String, url: String, secret: String, kinds: Set<String> = [], createdAt: WallTime
    ) {
        self.id = id
        self.url = url
        self.secret = secret
        self.kinds = kinds
        self.createdAt = createdAt
    }
}

/// A notification on its way to a webhook.
package struct DeliveryRecord: Hashable, Codable, Sendable {
    package enum State: String, Hashable, Codable, Sendable {
        case pending
        /// Given up: waits for somebody to look at it.
        case dead
    }

    package var webhook: String
    package var notification: NotificationRecord
    package var state: State
    /// How often it was tried.
    package var attempts: Int
    package var lastAttemptAt: WallTime?
    /// Why the last attempt failed.
    package var lastError: String?

    package init(
        webhook: String, notification: NotificationRecord, state: State = .pending,
        attempts: Int = 0, lastAttemptAt: WallTime? = nil, lastError: String? = nil
    ) {
        self.webhook = webhook
        self.notification = notification
        self.state = state
        self.attempts = attempts
        self.lastAttemptAt = lastAttemptAt
        self.lastError = lastError
    }
}
