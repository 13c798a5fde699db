import Crypto
import FoundationEssentials
import ParticipantTokens
import Storage

/// A public key on P-384 as somebody imported it.
struct PublicKeyMaterial: Sendable {
    /// As it was given.
    let text: String
    private let key: P384.Signing.PublicKey

    /// `nil` when there is no P-384 key in `text` (`BEGIN PUBLIC KEY`, RFC 7468 §13). What stands
    /// before and after the key is ignored, as tools write comments there.
    init?(_ text: String) {
        let lines = text.split(whereSeparator: \.isNewline)
        guard let begin = lines.firstIndex(where: { $0.hasSuffix(Self.begin) }),
            let end = lines[begin...].firstIndex(where: { $0.hasPrefix(Self.end) })
        else { return nil }
        // By hand, as not every tool breaks lines after 64 characters.
        guard let der = Data(base64Encoded: lines[(begin + 1)..<end].joined()),
            let key = try? P384.Signing.PublicKey(derRepresentation: der)
        else { return nil }
        self.text = text
        self.key = key
    }

    private static let begin = "-----BEGIN PUBLIC KEY-----"
    private static let end = "-----END PUBLIC KEY-----"

    /// The first 16 bytes of the SHA-256 of the key in DER, in hexadecimal with colons between them:
    /// what `openssl pkey -pubin -in key.pem -outform DER | sha256sum` begins with.
    var fingerprint: String {
        SHA256.hash(data: key.derRepresentation).prefix(16)
            .map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
    }

    /// The key that verifies tokens whose `kid` is the resource's ARN.
    func key(of record: ResourceRecord) -> TokenKey? {
        try? TokenKey(
            id: record.arn, createdAt: record.createdAt, importedPublicPEM: key.pemRepresentation)
    }
}

extension TokenKey {
    /// The key that was imported as `record`.
    init?(imported record: ResourceRecord) {
        guard case .string(let text) = record.bodyMembers["publicKeyMaterial"],
            let key = PublicKeyMaterial(text)?.key(of: record)
        else { return nil }
        self = key
    }
}
