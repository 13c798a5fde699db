import Crypto
package import Primitives

/// The headers that tell a receiver who sent a message, in the form of the Standard Webhooks
/// specification 1.0.0: HMAC-SHA256 over `id.timestamp.body`.
package enum WebhookSignature {
    /// - Parameters:
    ///   - id: of the message; the same for each attempt.
    ///   - time: of the attempt. Receivers refuse what is far from their own clock.
    package static func headers(
        id: String, time: WallTime, body: String, secret: WebhookSecret
    ) -> [(name: String, value: String)] {
        let timestamp = String(time.unixSeconds)
        let signature = sign(id: id, timestamp: timestamp, body: body, secret: secret)
        return [
            ("webhook-id", id), ("webhook-timestamp", timestamp),
            ("webhook-signature", "v1," + signature),
        ]
    }

    /// The signature in base64.
    static func sign(id: String, timestamp: String, body: String, secret: WebhookSecret) -> String {
        let key = SymmetricKey(data: secret.bytes.value)
        let message = Array("\(id).\(timestamp).\(body)".utf8)
        return Base64.encode(Array(HMAC<SHA256>.authenticationCode(for: message, using: key)))
    }
}
