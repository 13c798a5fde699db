import Crypto

/// The canonical form of a request that Signature V4 signs: the same for who signs and who verifies.
struct CanonicalRequest {
    /// UTF-8.
    private(set) var bytes: [UInt8] = []

    /// - Parameters:
    ///   - path: as on the request line, and encoded once more here, as every service but S3 has it.
    ///   - signedHeaders: lower-case names; sorted here. One that the request lacks counts as empty.
    ///   - payloadHash: lower-case hex.
    init(
        method: String, path: String, query: String, headers: [(name: String, value: String)],
        signedHeaders: [String], payloadHash: String
    ) {
        bytes.reserveCapacity(512)
        let names = signedHeaders.sorted()
        appendLine(method.utf8)
        appendLine(Self.canonical(path: path).utf8)
        appendLine(Self.canonical(query: query).utf8)
        for name in names {
            bytes += name.utf8
            bytes.append(UInt8(ascii: ":"))
            appendValues(of: name, in: headers)
            bytes.append(UInt8(ascii: "\n"))
        }
        bytes.append(UInt8(ascii: "\n"))
        appendLine(names.joined(separator: ";").utf8)
        bytes += payloadHash.utf8
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Lower-case hex of SHA-256.
    var hash: String { Self.hash(bytes) }

    static func hash(_ bytes: [UInt8]) -> String { hex(SHA256.hash(data: bytes)) }

    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: hexDigits(bytes), as: UTF8.self)
    }
}

extension CanonicalRequest {
    private mutating func appendLine(_ text: String.UTF8View) {
        bytes += text
        bytes.append(UInt8(ascii: "\n"))
    }

    /// All values of a header, in order, with their white space folded.
    private mutating func appendValues(
        of name: String, in headers: [(name: String, value: String)]
    ) {
        var isFirst = true
        for header in headers where isSameHeader(header.name, name) {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            let words = header.value.utf8.split {
                $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D
            }
            for (index, word) in words.enumerated() {
                if index > 0 { bytes.append(0x20) }
                bytes += word
            }
        }
    }

    /// Removes empty and dot segments, then encodes what is left.
    private static func canonical(path: String) -> String {
        var segments: [Substring.UTF8View] = []
        let bytes = path.utf8
        for segment in bytes.split(separator: UInt8(ascii: "/")) {
            if segment.elementsEqual(".".utf8) { continue }
            if segment.elementsEqual("..".utf8) {
                _ = segments.popLast()
            } else {
                segments.append(segment)
            }
        }
        let isDirectory = bytes.last == UInt8(ascii: "/") && !segments.isEmpty
        return "/" + segments.map { percentEncode($0) }.joined(separator: "/")
            + (isDirectory ? "/" : "")
    }

    private static func canonical(query: String) -> String {
        if query.isEmpty { return "" }
        let parameters = query.utf8.split(separator: UInt8(ascii: "&")).map { parameter in
            let parts = parameter.split(
                separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            return (
                name: percentEncode(percentDecode(parts[0])),
                value: parts.count > 1 ? percentEncode(percentDecode(parts[1])) : ""
            )
        }
        return parameters.sorted { ($0.name, $0.value) < ($1.name, $1.value) }
            .map { $0.name + "=" + $0.value }.joined(separator: "&")
    }
}

private let digits = Array("0123456789abcdef".utf8)

/// Lower-case hex, as ASCII.
func hexDigits(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(2 * bytes.underestimatedCount)
    for byte in bytes {
        text.append(digits[Int(byte >> 4)])
        text.append(digits[Int(byte & 15)])
    }
    return text
}

/// Whether `name` is that header, in whatever case.
/// - Parameter lowercase: the header's name in lower case.
func isSameHeader(_ name: String, _ lowercase: String) -> Bool {
    name.utf8.count == lowercase.utf8.count && isHeader(name, beginningWith: lowercase)
}

/// Whether `name` begins so, in whatever case.
func isHeader(_ name: String, beginningWith lowercase: String) -> Bool {
    name.utf8.count >= lowercase.utf8.count
        && zip(name.utf8, lowercase.utf8).allSatisfy { asciiLowercase($0) == $1 }
}

func asciiLowercase(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }

private let upper = Array("0123456789ABCDEF".utf8)

/// Encodes everything but the unreserved characters (RFC 3986 §2.3), with upper-case hex.
func percentEncode(_ bytes: some Sequence<UInt8>) -> String {
    var encoded: [UInt8] = []
    for byte in bytes {
        switch byte {
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
            encoded.append(byte)
        case _ where isASCIIAlphanumeric(byte): encoded.append(byte)
        default: encoded += [UInt8(ascii: "%"), upper[Int(byte >> 4)], upper[Int(byte & 15)]]
        }
    }
    return String(decoding: encoded, as: UTF8.self)
}

/// Decodes `%XX`; a percent sign that begins no such triple stands for itself.
func percentDecode(_ bytes: some Collection<UInt8>) -> [UInt8] {
    let bytes = Array(bytes)
    var decoded: [UInt8] = []
    var index = 0
    while index < bytes.count {
        if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
            let high = Character(Unicode.Scalar(bytes[index + 1])).hexDigitValue,
            let low = Character(Unicode.Scalar(bytes[index + 2])).hexDigitValue
        {
            decoded.append(UInt8(high << 4 | low))
            index += 3
        } else {
            decoded.append(bytes[index])
            index += 1
        }
    }
    return decoded
}
