import Primitives

/// `arn:aws:ivs:<region>:<account>:<type>/<id>`.
struct ResourceARN: Hashable, Sendable {
    /// As it was written.
    var text: String
    /// `stage`, `public-key`, ….
    var type: String
    var id: String

    /// `nil` when `text` has another form.
    init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 6, text.hasPrefix("arn:aws:ivs:") else { return nil }
        let resource = parts[5].split(
            separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard resource.count == 2, Self.isMade(parts[3], of: Self.isLowerOrDigit),
            Self.isMade(parts[4], of: { (0x30...0x39).contains($0) }),
            Self.isMade(
                resource[0], of: { Self.isLowerOrDigit($0) && !(0x30...0x39).contains($0) }),
            Self.isMade(
                resource[1], of: { isASCIIAlphanumeric($0) || $0 == UInt8(ascii: "-") })
        else { return nil }
        self.text = text
        type = String(decoding: resource[0], as: UTF8.self)
        id = String(decoding: resource[1], as: UTF8.self)
    }

    private static func isMade(
        _ bytes: Substring.UTF8View, of isAllowed: (UInt8) -> Bool
    ) -> Bool {
        !bytes.isEmpty && bytes.allSatisfy(isAllowed)
    }

    private static func isLowerOrDigit(_ byte: UInt8) -> Bool {
        isASCIIAlphanumeric(byte) && !(0x41...0x5A).contains(byte) || byte == UInt8(ascii: "-")
    }
}
