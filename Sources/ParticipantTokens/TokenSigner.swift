import Crypto
import JWTKit
import Primitives

/// Writes and signs tokens (RFC 7515 §3.1) with one key. JWTKit could do so too, in four times as
/// long (see ``SigningKey``); it is what verifies them.
struct TokenSigner: Sendable {
    private let key: SigningKey
    /// The first part of every token, with its dot.
    private let header: [UInt8]

    /// - Returns: `nil` when `privateKey` is none.
    init?(id: String, privateKey: ES384PrivateKey) {
        guard
            let key = try? P384.Signing.PrivateKey(pemRepresentation: privateKey.pemRepresentation),
            let signingKey = SigningKey(scalar: Array(key.rawRepresentation))
        else { return nil }
        self.key = signingKey
        var writer = ClaimsWriter()
        writer.object { object in
            object.member("alg", "ES384")
            object.member("kid", id)
            object.member("typ", "JWT")
        }
        var header: [UInt8] = []
        appendBase64URL(writer.bytes, to: &header)
        self.header = header + [UInt8(ascii: ".")]
    }

    func token(_ payload: TokenPayload) -> String {
        var token = header
        appendBase64URL(payload.json, to: &token)
        let digest = SHA384.hash(data: token)
        token.append(UInt8(ascii: "."))
        appendBase64URL(key.sign(digest: Array(digest)), to: &token)
        return String(decoding: token, as: UTF8.self)
    }
}

extension TokenPayload {
    /// The claims in a stable order: people decode tokens by eye and by shell script.
    fileprivate var json: [UInt8] {
        var writer = ClaimsWriter()
        writer.object { claims in
            if let attributes {
                claims.member("attributes") { members in
                    for (key, value) in attributes.sorted(by: { $0.key < $1.key }) {
                        members.member(key, value)
                    }
                }
            }
            claims.member("capabilities") { members in
                if let allowed = capabilities.allowPublish {
                    members.member("allow_publish", allowed)
                }
                if let allowed = capabilities.allowSubscribe {
                    members.member("allow_subscribe", allowed)
                }
            }
            claims.member("events_url", eventsURL)
            claims.member("exp", exp)
            claims.member("iat", iat)
            claims.member("jti", jti)
            claims.member("resource", resource)
            claims.member("topic", topic)
            if let userID { claims.member("user_id", userID) }
            claims.member("version", version)
            claims.member("whip_url", whipURL)
        }
        return writer.bytes
    }
}

/// Writes JSON objects (RFC 8259) with the members in the order in which they come.
private struct ClaimsWriter {
    private(set) var bytes: [UInt8] = []
    private var isFirst = true

    init() { bytes.reserveCapacity(1024) }

    mutating func object(_ body: (inout ClaimsWriter) -> Void) {
        bytes.append(UInt8(ascii: "{"))
        isFirst = true
        body(&self)
        bytes.append(UInt8(ascii: "}"))
        isFirst = false
    }

    mutating func member(_ name: String, _ body: (inout ClaimsWriter) -> Void) {
        key(name)
        object(body)
    }

    mutating func member(_ name: String, _ value: String) {
        key(name)
        string(value)
    }

    mutating func member(_ name: String, _ value: Int64) {
        key(name)
        bytes.append(contentsOf: String(value).utf8)
    }

    mutating func member(_ name: String, _ value: Bool) {
        key(name)
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    private mutating func key(_ name: String) {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
        string(name)
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        defer { bytes.append(UInt8(ascii: "\"")) }
        // Nearly nothing has to be escaped, and what has not is copied as a whole.
        let start = bytes.count
        bytes += text.utf8
        guard bytes[start...].contains(where: Self.isEscaped) else { return }
        bytes.removeSubrange(start...)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0..<0x20:
                let digits = Array("0123456789abcdef".utf8)
                bytes += "\\u00".utf8
                bytes += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: bytes.append(byte)
            }
        }
    }

    private static func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }
}
