package import Primitives

/// How secrets are kept so that the database alone does not give them away.
package struct SecretSeal: Sendable {
    /// Seals a secret for a place; the same place must be given to open it.
    package let seal: @Sendable (Redacted<String>, _ place: String) -> String
    /// - Returns: `nil` when it was not sealed with this seal, or not for this place.
    package let open: @Sendable (String, _ place: String) -> Redacted<String>?

    package init(
        seal: @escaping @Sendable (Redacted<String>, _ place: String) -> String,
        open: @escaping @Sendable (String, _ place: String) -> Redacted<String>?
    ) {
        self.seal = seal
        self.open = open
    }

    /// Seals nothing: for storages that live in memory only.
    package static let plain = SecretSeal(
        seal: { secret, _ in secret.value }, open: { text, _ in Redacted(text) })
}
