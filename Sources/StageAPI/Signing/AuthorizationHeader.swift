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
        let scheme = text.utf8.prefix { $0 != UInt8(ascii: " ") }
        guard scheme.elementsEqual(SignatureV4.algorithm.utf8) else {
            throw .missingAuthentication
        }
        let fields = text.utf8.dropFirst(scheme.count).split(separator: UInt8(ascii: ","))
        let credential = try Self.value(of: "Credential", in: fields)
            .split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
        guard credential.count >= 5, credential.last == "aws4_request" else {
            throw .incompleteSignature(
                "Credential must have exactly 5 slash-delimited elements, e.g. "
                    + "keyid/date/region/service/aws4_request.")
        }
        accessKeyID = credential.dropLast(4).joined(separator: "/")
        date = credential[credential.count - 4]
        region = credential[credential.count - 3]
        service = credential[credential.count - 2]
        signedHeaders = try Self.value(of: "SignedHeaders", in: fields)
            .split(separator: UInt8(ascii: ";")).map { Substring($0).lowercased() }
        guard let bytes = Self.bytes(hex: try Self.value(of: "Signature", in: fields)),
            bytes.count == 32
        else { throw .invalidSignature(SignatureVerifier.mismatch) }
        signature = bytes
    }

    /// What stands behind `name=` in the last such field.
    private static func value(
        of name: String, in fields: [Substring.UTF8View]
    ) throws(APIError) -> Substring.UTF8View {
        for field in fields.reversed() {
            let field = field.trimmingSpaces()
            guard let equals = field.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let value = field[equals...].dropFirst()
            if !value.isEmpty, field[..<equals].elementsEqual(name.utf8) { return value }
        }
        throw .incompleteSignature("Authorization header requires '\(name)' parameter.")
    }

    private static func bytes(hex: Substring.UTF8View) -> [UInt8]? {
        var bytes: [UInt8] = []
        var high: UInt8?
        for letter in hex {
            guard let digit = digit(letter) else { return nil }
            if let left = high {
                bytes.append(left << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return high == nil ? bytes : nil
    }

    private static func digit(_ letter: UInt8) -> UInt8? {
        switch asciiLowercase(letter) {
        case let letter where (0x30...0x39).contains(letter): letter - 0x30
        case let letter where (0x61...0x66).contains(letter): letter - 0x61 + 10
        default: nil
        }
    }
}

extension Substring.UTF8View {
    fileprivate func trimmingSpaces() -> Substring.UTF8View {
        var text = drop { $0 == UInt8(ascii: " ") }
        while text.last == UInt8(ascii: " ") { text.removeLast() }
        return text
    }
}
