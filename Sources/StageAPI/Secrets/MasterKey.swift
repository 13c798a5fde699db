import Crypto
import FoundationEssentials
package import Primitives

/// The 32 bytes that every stored secret is sealed under. It is kept outside the database, so that
/// the database alone, or a backup of it, gives no secret away.
package struct MasterKey: Sendable {
    private static let byteCount = 32

    private let bytes: [UInt8]
    /// Tells keys apart without telling anything about them: what was sealed names its key with it.
    package let fingerprint: String

    /// From the system's randomness.
    package static func generate() -> MasterKey {
        var random = SystemRandomNumberGenerator()
        return MasterKey((0..<byteCount).map { _ in .random(in: .min ... .max, using: &random) })
    }

    /// A key as it stands in its file: 32 bytes in base64, with white space around.
    /// - Returns: `nil` for anything else.
    package init?(text: Redacted<String>) {
        let trimmed = text.value.filter { !$0.isWhitespace }
        guard let bytes = Data(base64Encoded: trimmed), bytes.count == Self.byteCount else {
            return nil
        }
        self.init(Array(bytes))
    }

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
        let code = HMAC<SHA256>.authenticationCode(
            for: Array("rostrum master key fingerprint".utf8), using: SymmetricKey(data: bytes))
        fingerprint = base64URL(Array(code.prefix(6)))
    }

    /// For AES-256.
    var symmetricKey: SymmetricKey { SymmetricKey(data: bytes) }

    /// What its file holds: one line.
    package var text: Redacted<String> { Redacted(Data(bytes).base64EncodedString() + "\n") }
}

extension MasterKey: Equatable, CustomStringConvertible, CustomReflectable {
    package static func == (lhs: MasterKey, rhs: MasterKey) -> Bool {
        constantTimeEqual(lhs.bytes, rhs.bytes)
    }

    package var description: String { "<master key \(fingerprint)>" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
