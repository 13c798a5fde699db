import Crypto
import FoundationEssentials
package import Primitives

/// `nextToken`s: opaque, and of no use in another operation or when changed.
package struct PageTokens: Sendable {
    private static let tagBytes = 16
    private let key: SymmetricKey

    /// - Parameter key: 32 random bytes that stay the same over restarts, so that who is turning
    ///   pages does not notice one.
    package init(key: Redacted<[UInt8]>) {
        self.key = SymmetricKey(data: key.value)
    }

    func token(for operation: String, cursor: Int64) -> String {
        let position = bigEndianBytes(cursor)
        return base64URL(position + tag(operation, position))
    }

    /// - Throws: `ValidationException` for a token that did not come from here.
    func cursor(of token: String, for operation: String) throws(APIError) -> Int64 {
        guard let bytes = bytes(base64URL: token), bytes.count == 8 + Self.tagBytes else {
            throw Self.invalid
        }
        let position = Array(bytes.prefix(8))
        guard constantTimeEqual(tag(operation, position), Array(bytes.suffix(Self.tagBytes))) else {
            throw Self.invalid
        }
        return position.reduce(Int64(0)) { $0 << 8 | Int64($1) }
    }

    private static let invalid = APIError.validation(
        "Invalid nextToken: use the value that the previous page returned, unchanged.")

    private func tag(_ operation: String, _ position: [UInt8]) -> [UInt8] {
        let code = HMAC<SHA256>.authenticationCode(
            for: Array(operation.utf8) + [0] + position, using: key)
        return Array(code.prefix(Self.tagBytes))
    }

    /// Big-endian.
    private func bigEndianBytes(_ value: Int64) -> [UInt8] {
        (0..<8).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}

/// The `nextToken` and `maxResults` members of a List operation.
struct PageRequest: Sendable {
    private let token: String?
    let size: Int

    /// - Parameter size: how many entries a page has when the request does not say.
    init(reading input: InputReader, size: Int = APILimits.defaultPageSize) {
        token = input.string("nextToken")
        // What the operation allows stands in its model; this is for those that have none.
        let most = Int64(APILimits.pageSize.upperBound)
        self.size = input.integer("maxResults").map { Int(max(1, min($0, most))) } ?? size
    }

    /// Where the page begins; `nil` at the beginning.
    func cursor(of operation: String, in pages: PageTokens) throws(APIError) -> Int64? {
        guard let token, !token.isEmpty else { return nil }
        return try pages.cursor(of: token, for: operation)
    }
}

/// RFC 4648 §5, without padding.
func base64URL(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
        .replacing("=", with: "")
}

func bytes(base64URL text: String) -> [UInt8]? {
    var text = text.replacing("-", with: "+").replacing("_", with: "/")
    text += String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
    return Data(base64Encoded: text).map(Array.init)
}

/// Whether both are equal, in a time that depends on their lengths only.
func constantTimeEqual(_ first: [UInt8], _ second: [UInt8]) -> Bool {
    guard first.count == second.count else { return false }
    return zip(first, second).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
}
