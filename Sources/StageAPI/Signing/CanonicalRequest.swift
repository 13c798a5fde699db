import Crypto

/// The canonical form of a request that Signature V4 signs: the same for who signs and who verifies.
struct CanonicalRequest {
    var text: String

    /// - Parameters:
    ///   - path: as on the request line, and encoded once more here, as every service but S3 has it.
    ///   - signedHeaders: lower-case names; sorted here. One that the request lacks counts as empty.
    ///   - payloadHash: lower-case hex.
    init(
        method: String, path: String, query: String, headers: [(name: String, value: String)],
        signedHeaders: [String], payloadHash: String
    ) {
        let names = signedHeaders.sorted()
        text = [
            method, Self.canonical(path: path), Self.canonical(query: query),
            names.map { "\($0):\(Self.value(of: $0, in: headers))\n" }.joined(),
            names.joined(separator: ";"), payloadHash,
        ].joined(separator: "\n")
    }

    /// Lower-case hex of SHA-256.
    var hash: String { Self.hash(Array(text.utf8)) }

    static func hash(_ bytes: [UInt8]) -> String { hex(SHA256.hash(data: bytes)) }

    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

extension CanonicalRequest {
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

    /// All values of a header, in order, with their white space folded.
    private static func value(
        of name: String, in headers: [(name: String, value: String)]
    ) -> String {
        headers.filter { $0.name.lowercased() == name }.map { header in
            header.value.utf8.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
                .map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
        }.joined(separator: ",")
    }
}

/// Encodes everything but the unreserved characters (RFC 3986 §2.3), with upper-case hex.
func percentEncode(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var encoded: [UInt8] = []
    for byte in bytes {
        switch byte {
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
            encoded.append(byte)
        case _ where isASCIIAlphanumeric(byte): encoded.append(byte)
        default: encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
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
