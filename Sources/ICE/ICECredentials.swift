package import Primitives

/// One side's user fragment and password (RFC 8445 §5.3).
package struct ICECredentials: Hashable, Sendable {
    /// 4 to 256 ice-chars.
    package var ufrag: String
    /// 22 to 256 ice-chars.
    package var password: Redacted<String>

    package init(ufrag: String, password: Redacted<String>) {
        self.ufrag = ufrag
        self.password = password
    }

    /// New credentials with 48 and 144 bits from `generator`: a secure one outside of simulations.
    package static func random(using generator: inout some RandomNumberGenerator) -> ICECredentials
    {
        ICECredentials(
            ufrag: text(count: 8, using: &generator),
            password: Redacted(text(count: 24, using: &generator)))
    }

    /// ice-char = ALPHA / DIGIT / "+" / "/" (RFC 8839 §5.4): 6 bits each.
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static func text(
        count: Int, using generator: inout some RandomNumberGenerator
    ) -> String {
        let characters = (0..<count).map { _ in
            alphabet[Int(truncatingIfNeeded: generator.next() & 63)]
        }
        return String(decoding: characters, as: UTF8.self)
    }
}

/// Credentials as the codec wants them.
struct CredentialBytes {
    let ufrag: [UInt8]
    let password: [UInt8]

    init(_ credentials: ICECredentials) {
        ufrag = Array(credentials.ufrag.utf8)
        password = Array(credentials.password.value.utf8)
    }
}
