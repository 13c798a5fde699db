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

    /// New credentials with 48 and 144 bits from `generator`, a secure one outside of simulations.
    package static func random(using generator: inout some RandomNumberGenerator) -> ICECredentials
    {
        ICECredentials(
            ufrag: text(count: 8, using: &generator),
            password: Redacted(text(count: 24, using: &generator)))
    }

    /// New credentials whose ufrag begins with the letter that says `owner`, a number from 0 to 63:
    /// whom a check with them is for, when several threads share a port. 42 bits are left of it.
    package static func random(
        owner: Int, using generator: inout some RandomNumberGenerator
    ) -> ICECredentials {
        var credentials = random(using: &generator)
        credentials.ufrag.replaceSubrange(
            ...credentials.ufrag.startIndex,
            with: String(decoding: [alphabet[owner]], as: UTF8.self))
        return credentials
    }

    /// The number that the first letter of a ufrag says; `nil` when it is no ice-char.
    package static func owner(firstLetter: UInt8) -> Int? {
        switch firstLetter {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(firstLetter - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(firstLetter - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(firstLetter - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }

    /// ice-char = ALPHA / DIGIT / "+" / "/" (RFC 8839 §5.4): 6 bits each.
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Ten characters of every number drawn: a draw of the system's generator is a system call.
    private static func text(
        count: Int, using generator: inout some RandomNumberGenerator
    ) -> String {
        var bits: UInt64 = 0
        let characters = (0..<count).map { index in
            if index % 10 == 0 { bits = generator.next() }
            defer { bits >>= 6 }
            return alphabet[Int(bits & 63)]
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
