package import Webhooks

/// One attempt to deliver a message.
package struct WebhookRequest: Hashable, Sendable {
    package var address: String
    package var headers: [Header]
    package var body: String

    package struct Header: Hashable, Sendable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package init(address: String, headers: [Header], body: String) {
        self.address = address
        self.headers = headers
        self.body = body
    }
}

/// How an attempt went, and the words for it when it failed.
package struct WebhookResult: Hashable, Sendable {
    package var outcome: DeliveryOutcome
    /// One line for a person; `nil` when it was taken.
    package var error: String?

    package init(_ outcome: DeliveryOutcome, error: String? = nil) {
        self.outcome = outcome
        self.error = error
    }
}

/// Whoever posts messages to receivers.
package protocol WebhookPosting: Sendable {
    /// Never fails and always ends, in a time that is bounded: what goes wrong is a result.
    func post(_ request: WebhookRequest) async -> WebhookResult
}
