/// Where a webhook's messages are posted: an `http` or `https` URL.
///
/// Addresses of private networks and of this machine are as good as any: a self-hosted backend often
/// lives there. Who may add webhooks can read the database, and needs no protection from itself.
package struct WebhookAddress: Hashable, Sendable {
    package let text: String

    /// Why a text is no address.
    package enum Violation: String, Error, Hashable, Sendable {
        case notHTTP = "it must start with https:// or http://"
        case noHost = "it names no host"
        case credentials = "it must not have a user or password in it"
        case fragment = "it must not have a fragment (#)"
        case characters = "it may have only printable ASCII characters, without spaces"
        case tooLong = "it may have at most 2048 characters"
    }

    package static let maximumLength = 2_048

    package init(_ text: String) throws(Violation) {
        guard text.utf8.count <= Self.maximumLength else { throw .tooLong }
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { throw .characters }
        let schemes = ["https://", "http://"]
        guard let scheme = schemes.first(where: text.lowercased().hasPrefix) else {
            throw .notHTTP
        }
        let authority = text.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !authority.contains("@") else { throw .credentials }
        guard let first = authority.first, first != ":" else { throw .noHost }
        guard !text.contains("#") else { throw .fragment }
        self.text = text
    }
}
