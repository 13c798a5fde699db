/// What a string member may be: a scalar of the service's model.
struct StringConstraint: Sendable {
    /// Length in Unicode scalars.
    var length: ClosedRange<Int>
    /// The pattern as it stands in the model, for messages; `nil` when there is none.
    var pattern: String?
    /// Whether a string matches ``pattern``.
    var matches: @Sendable (String) -> Bool

    init(
        length: ClosedRange<Int>, pattern: String? = nil,
        matches: @escaping @Sendable (String) -> Bool = { _ in true }
    ) {
        self.length = length
        self.pattern = pattern
        self.matches = matches
    }

    /// What `value` fails to satisfy, in AWS's words; empty when it is fine.
    func violations(_ value: String) -> [String] {
        var violations: [String] = []
        let count = value.unicodeScalars.count
        if count < length.lowerBound {
            violations.append(
                "Member must have length greater than or equal to \(length.lowerBound)")
        }
        if count > length.upperBound {
            violations.append("Member must have length less than or equal to \(length.upperBound)")
        }
        if let pattern, !matches(value) {
            violations.append("Member must satisfy regular expression pattern: \(pattern)")
        }
        return violations
    }
}

extension StringConstraint {
    /// Any text.
    static let any = StringConstraint(length: 0...Int.max)
    /// The name of a resource of any kind.
    static let stageName = characters(0...128, "[a-zA-Z0-9-_]*", isIDByte)
    static let userID = StringConstraint(length: 0...128)
    static let disconnectReason = StringConstraint(length: 0...128)
    static let participantID = characters(0...64, "[a-zA-Z0-9-_]*", isIDByte)
    static let pageToken = characters(APILimits.pageTokenLength, "[a-zA-Z0-9+/=_-]*") {
        isIDByte($0) || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "/")
            || $0 == UInt8(ascii: "=")
    }
    static let stageARN = arn("stage")
    /// The model's own pattern has `[a-z-]` without a `+`, which no ARN matches.
    static let resourceARN = StringConstraint(
        length: 1...128, pattern: "arn:aws:ivs:[a-z0-9-]+:[0-9]+:[a-z-]+/[a-zA-Z0-9-]+"
    ) { ResourceARN($0) != nil }
    static let tagKey = StringConstraint(length: 1...128, pattern: "(?!aws:).*") {
        !$0.prefix(4).lowercased().elementsEqual("aws:")
    }
    static let tagValue = StringConstraint(length: 0...256)
    /// Keys and values of attributes are bounded together, not one by one.
    static let attribute = StringConstraint(length: 0...APILimits.attributeBytes)

    /// Whether it is a key is asked by who imports it: the pattern asks for its armour only.
    static let publicKeyMaterial = StringConstraint(
        length: 0...APILimits.publicKeyLength,
        pattern:
            #".*-----BEGIN PUBLIC KEY-----\r?\n([a-zA-Z0-9+/=\r\n]+)\r?\n-----END PUBLIC KEY-----(\r?\n)?.*"#
    ) { isArmoured($0) }
    /// `rt_<account>_<region>_<id>_<secret>`; only ever written.
    static let streamKey = StringConstraint(
        length: 0...Int.max, pattern: "rt_[0-9]+_[a-z0-9-]+_[a-zA-Z0-9-]+_.+")
    static let stageSessionID = StringConstraint(length: 16...16, pattern: "st-[a-zA-Z0-9]+") {
        $0.hasPrefix("st-") && $0.utf8.dropFirst(3).allSatisfy(isASCIIAlphanumeric)
    }

    static func arn(_ type: String) -> StringConstraint {
        StringConstraint(
            length: 1...128, pattern: "arn:aws:ivs:[a-z0-9-]+:[0-9]+:\(type)/[a-zA-Z0-9-]+"
        ) { ResourceARN($0)?.type == type }
    }

    static func arnOrEmpty(_ type: String) -> StringConstraint {
        StringConstraint(
            length: 0...128,
            pattern: "^$|^arn:aws:ivs:[a-z0-9-]+:[0-9]+:\(type)/[a-zA-Z0-9-]+$"
        ) { $0.isEmpty || ResourceARN($0)?.type == type }
    }

    /// - Parameter others: the ASCII characters that are allowed besides letters and digits.
    static func alphanumeric(
        _ length: ClosedRange<Int>, _ pattern: String, and others: String
    ) -> StringConstraint {
        let others = Array(others.utf8)
        return characters(length, pattern) { isASCIIAlphanumeric($0) || others.contains($0) }
    }

    /// As in the names of buckets.
    static func lowercase(
        _ length: ClosedRange<Int>, _ pattern: String, and others: String
    ) -> StringConstraint {
        let others = Array(others.utf8)
        return characters(length, pattern) {
            (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || others.contains($0)
        }
    }

    private static func characters(
        _ length: ClosedRange<Int>, _ pattern: String,
        _ isAllowed: @escaping @Sendable (UInt8) -> Bool
    ) -> StringConstraint {
        StringConstraint(length: length, pattern: pattern) { $0.utf8.allSatisfy(isAllowed) }
    }

    @Sendable private static func isIDByte(_ byte: UInt8) -> Bool {
        isASCIIAlphanumeric(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }
}

/// Whether `text` has a line of the form of a PEM key (RFC 7468) in it.
private func isArmoured(_ text: String) -> Bool {
    let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    guard let begin = lines.firstIndex(where: { $0.hasSuffix("-----BEGIN PUBLIC KEY-----") }),
        let end = lines[(begin + 1)...].firstIndex(where: {
            $0.hasPrefix("-----END PUBLIC KEY-----")
        })
    else { return false }
    let body = lines[(begin + 1)..<end]
    return !body.isEmpty
        && body.allSatisfy { line in
            line.utf8.allSatisfy {
                isASCIIAlphanumeric($0) || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "/")
                    || $0 == UInt8(ascii: "=")
            }
        }
}

func isASCIIAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
    default: false
    }
}
