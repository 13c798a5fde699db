package import Primitives

/// What a webhook's messages are signed with, in the form of the Standard Webhooks specification:
/// `whsec_` and the base64 of 24 to 64 random bytes.
package struct WebhookSecret: Hashable, Sendable {
    private static let prefix = "whsec_"
    private static let lengths = 24...64

    /// The key itself.
    package let bytes: Redacted<[UInt8]>

    /// A new secret of 32 bytes.
    package static func random(
        using generator: inout some RandomNumberGenerator
    ) -> WebhookSecret {
        WebhookSecret(bytes: (0..<32).map { _ in .random(in: .min ... .max, using: &generator) })
    }

    private init(bytes: [UInt8]) { self.bytes = Redacted(bytes) }

    /// - Returns: `nil` when the text is no secret.
    package init?(_ text: String) {
        guard text.hasPrefix(Self.prefix),
            let bytes = Base64.decode(text.utf8.dropFirst(Self.prefix.utf8.count)),
            Self.lengths.contains(bytes.count)
        else { return nil }
        self.init(bytes: bytes)
    }

    /// The text that the receiver is given.
    package var text: Redacted<String> {
        Redacted(Self.prefix + Base64.encode(bytes.value))
    }
}
