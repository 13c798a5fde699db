/// `AWS4-HMAC-SHA256 Credential=…/20150830/us-east-1/ivs/aws4_request, SignedHeaders=host;x-amz-date,
/// Signature=…`, taken apart.
struct AuthorizationHeader: Hashable {
    var accessKeyID: String
    /// `20150830`.
    var date: String
    var region: String
    var service: String
    /// Lower-case names.
    var signedHeaders: [String]
    /// 32 bytes.
    var signature: [UInt8]

    init(_ text: String) throws(APIError) {
        let start = text.prefix { $0 != " " }
        guard start == SignatureV4.algorithm else { throw .missingAuthentication }
        var fields: [Substring: Substring] = [:]
        for field in text.dropFirst(start.count).split(separator: ",") {
            let parts = field.trimmingSpaces().split(separator: "=", maxSplits: 1)
            if parts.count == 2 { fields[parts[0]] = parts[1] }
        }
        let credential = try Self.parts(of: "Credential", in: fields, separator: "/")
        guard credential.count >= 5, credential.last == "aws4_request" else {
            throw .incompleteSignature(
                "Credential must have exactly 5 slash-delimited elements, e.g. "
                    + "keyid/date/region/service/aws4_request.")
        }
        accessKeyID = credential.dropLast(4).joined(separator: "/")
        date = String(credential[credential.count - 4])
        region = String(credential[credential.count - 3])
        service = String(credential[credential.count - 2])
        signedHeaders = try Self.parts(of: "SignedHeaders", in: fields, separator: ";")
            .map { $0.lowercased() }
        let hex = try Self.parts(of: "Signature", in: fields, separator: ";").joined()
        guard let bytes = Self.bytes(hex: hex), bytes.count == 32 else {
            throw .invalidSignature(SignatureVerifier.mismatch)
        }
        signature = bytes
    }

    private static func parts(
        of name: Substring, in fields: [Substring: Substring], separator: Character
    ) throws(APIError) -> [Substring] {
        guard let field = fields[name] else {
            throw .incompleteSignature("Authorization header requires '\(name)' parameter.")
        }
        return field.split(separator: separator)
    }

    private static func bytes(hex: String) -> [UInt8]? {
        let digits = hex.utf8.map { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count.isMultiple(of: 2), !digits.contains(nil) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map {
            UInt8(digits[$0]! << 4 | digits[$0 + 1]!)
        }
    }
}

extension Substring {
    fileprivate func trimmingSpaces() -> Substring {
        var text = drop { $0 == " " }
        while text.last == " " { text.removeLast() }
        return text
    }
}
