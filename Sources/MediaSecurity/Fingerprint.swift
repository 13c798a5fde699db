/// The digest of a certificate as session descriptions carry it (RFC 8122 §5).
package struct Fingerprint: Hashable, Sendable {
    /// `sha-256`, `sha-384` or `sha-512`.
    package let algorithm: String
    /// Upper-case hexadecimal bytes with colons between them.
    package let value: String

    /// Reads the value of `a=fingerprint`, `sha-256 AB:CD:…`. `nil` for anything malformed, and for
    /// every other algorithm: SHA-1 and MD5 no longer bind a certificate (RFC 8122 §5).
    package init?(sdpValue: String) {
        let parts = sdpValue.split(separator: " ")
        guard parts.count == 2 else { return nil }
        let algorithm = parts[0].lowercased()
        guard let bits = Self.bits(of: algorithm),
            let bytes = Self.bytes(in: parts[1]), bytes.count * 8 == bits
        else { return nil }
        self.init(algorithm: algorithm, bytes: bytes)
    }

    init(algorithm: String, bytes: [UInt8]) {
        self.algorithm = algorithm
        value = bytes.map { byte in
            let hex = String(byte, radix: 16, uppercase: true)
            return hex.count == 1 ? "0" + hex : hex
        }.joined(separator: ":")
    }

    /// The value of `a=fingerprint`.
    package var sdpValue: String { "\(algorithm) \(value)" }

    /// How many bits the digest has.
    var bits: Int { Self.bits(of: algorithm)! }

    /// The digest's bytes.
    var bytes: [UInt8] { Self.bytes(in: value[...])! }

    private static func bits(of algorithm: String) -> Int? {
        switch algorithm {
        case "sha-256": 256
        case "sha-384": 384
        case "sha-512": 512
        default: nil
        }
    }

    /// The bytes of `AB:CD:…` in either case.
    private static func bytes(in text: Substring) -> [UInt8]? {
        guard text.utf8.count <= 64 * 3 else { return nil }
        var bytes: [UInt8] = []
        for pair in text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        {
            guard pair.count == 2, let high = digit(pair.first!), let low = digit(pair.last!)
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func digit(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
