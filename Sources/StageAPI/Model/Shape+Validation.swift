extension Shape {
    /// Notes what is wrong with `value`, in AWS's words.
    /// - Parameter path: where it stands in the input: `participantTokenConfigurations.2.member.`
    ///   and the member's name.
    func validate(_ value: JSONValue, at path: String, into findings: Findings) {
        switch form {
        case .string, .enumeration, .integer, .number, .boolean, .timestamp:
            guard let violations = scalarViolations(value) else {
                return findings.mistype(value, at: path, as: typeName)
            }
            for violation in violations { findings.reject(value.shown, at: path, violation) }
        case .list(let element, let count):
            validateList(value, of: element, count, at: path, into: findings)
        case .map(let key, let element, let count, let totalBytes):
            guard case .object(let members) = value else {
                return findings.mistype(value, at: path, as: typeName)
            }
            findings.count(members.count, of: "a map", in: count, at: path)
            let entries = validateMap(members, key, element, at: path, into: findings)
            let bytes = entries.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
            if bytes > totalBytes {
                findings.reject(
                    "a map of \(bytes) bytes", at: path,
                    "Keys and values must take at most \(totalBytes) bytes together")
            }
        case .structure(let members):
            guard case .object(let given) = value else {
                return findings.mistype(value, at: path, as: typeName)
            }
            Self.validate(given, as: members, under: path + ".", into: findings)
        }
    }

    /// Notes what is wrong with the members of a structure. Members that it does not have are
    /// ignored, and `null` is the same as absent.
    static func validate(
        _ given: [String: JSONValue], as members: [Member], under path: String,
        into findings: Findings
    ) {
        for member in members {
            if let value = given[member.name], value != .null {
                member.shape.validate(value, at: path + member.name, into: findings)
            } else if member.isRequired {
                findings.rejectMissing(at: path + member.name)
            }
        }
    }

    /// What kind of JSON value it takes, as AWS calls it.
    private var typeName: String {
        switch form {
        case .string, .enumeration, .timestamp: "String"
        case .integer: "Integer"
        case .number: "Float"
        case .boolean: "Boolean"
        case .list: "List"
        case .map: "Map"
        case .structure: "Structure"
        }
    }
}

// MARK: - Parts

extension Shape {
    /// What `value` fails to satisfy; `nil` when it has another JSON type.
    private func scalarViolations(_ value: JSONValue) -> [String]? {
        switch (form, value) {
        case (.string(let constraint, _), .string(let string)): constraint.violations(string)
        case (.enumeration(let values, let ignoresCase), .string(let string)):
            values.contains(ignoresCase ? string.uppercased() : string)
                ? []
                : ["Member must satisfy enum value set: [" + values.joined(separator: ", ") + "]"]
        case (.integer(let range), .integer(let integer)):
            Self.violations(
                of: Double(integer), in: Double(range.lowerBound)...Double(range.upperBound))
        case (.number(let range), .integer(let integer)):
            Self.violations(of: Double(integer), in: range)
        case (.number(let range), .number(let number)): Self.violations(of: number, in: range)
        case (.boolean, .bool), (.timestamp, .string): []
        default: nil
        }
    }

    private static func violations(of value: Double, in range: ClosedRange<Double>) -> [String] {
        if value < range.lowerBound {
            [
                "Member must have value greater than or equal to "
                    + JSONValue.number(range.lowerBound).shown
            ]
        } else if value > range.upperBound {
            [
                "Member must have value less than or equal to "
                    + JSONValue.number(range.upperBound).shown
            ]
        } else {
            []
        }
    }

    /// One element is enough to make the request wrong, so no more than `count` allows are looked
    /// into.
    private func validateList(
        _ value: JSONValue, of element: Shape, _ count: ClosedRange<Int>, at path: String,
        into findings: Findings
    ) {
        guard case .array(let values) = value else {
            return findings.mistype(value, at: path, as: typeName)
        }
        findings.count(values.count, of: "a list", in: count, at: path)
        for (index, value) in values.prefix(count.upperBound).enumerated() {
            if case .structure(let members) = element.form, case .object(let given) = value {
                Self.validate(
                    given, as: members, under: "\(path).\(index + 1).member.", into: findings)
            } else if let violations = element.scalarViolations(value) {
                for violation in violations {
                    findings.reject(
                        "[\(value.shown)]", at: path,
                        "Member must satisfy constraint: [\(violation)]")
                }
            } else {
                findings.mistype(value, at: path, as: element.typeName)
            }
        }
    }

    /// - Returns: the entries that are strings; `null` is the same as absent.
    private func validateMap(
        _ members: [String: JSONValue], _ key: Shape, _ element: Shape, at path: String,
        into findings: Findings
    ) -> [(key: String, value: String)] {
        var entries: [(key: String, value: String)] = []
        for (name, value) in members.sorted(by: { $0.key < $1.key }) where value != .null {
            guard case .string(let string) = value else {
                findings.mistype(value, at: path + "." + name, as: element.typeName)
                continue
            }
            for violation in key.scalarViolations(.string(name)) ?? [] {
                findings.reject(
                    name, at: path, "Map keys must satisfy constraint: [\(violation)]")
            }
            for violation in element.scalarViolations(value) ?? [] {
                findings.reject(
                    string, at: path, "Map value must satisfy constraint: [\(violation)]")
            }
            entries.append((name, string))
        }
        return entries
    }
}

extension JSONValue {
    /// The value as messages show it: whole numbers without a point.
    fileprivate var shown: String {
        switch self {
        case .string(let string): string
        case .number(let number) where number == number.rounded() && abs(number) < 1e15:
            String(Int64(number))
        default: text
        }
    }
}
