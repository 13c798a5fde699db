import Primitives

/// Reads the members of an operation's input and notes what is wrong with them in AWS's words.
///
/// What ``OperationModel`` says of the input was checked before, so most members are read without
/// another word; what it cannot say is checked here.
///
/// A reader function always returns something, so that one answer can list everything; what it
/// returned is only used after ``Findings/finish()`` found nothing. Members that the shape does not
/// have are ignored, and `null` is the same as absent.
struct InputReader {
    private let members: [String: JSONValue]
    private let path: String
    private let findings: Findings

    init(_ members: [String: JSONValue], path: String = "", findings: Findings) {
        self.members = members
        self.path = path
        self.findings = findings
    }

    private func member(_ name: String) -> JSONValue? {
        let value = members[name]
        return value == .null ? nil : value
    }

    /// Whether the member was given.
    func has(_ name: String) -> Bool { member(name) != nil }

    /// Notes a violation of the member `name`.
    func reject(_ name: String, _ value: String, _ constraint: String) {
        findings.reject(value, at: path + name, constraint)
    }

    /// Notes that the required member `name` is missing.
    func rejectMissing(_ name: String) {
        findings.rejectMissing(at: path + name)
    }

    private func mistype(_ value: JSONValue, _ name: String, as type: String) {
        findings.mistype(value, at: path + name, as: type)
    }
}

// MARK: - Scalars

extension InputReader {
    func string(_ name: String, _ constraint: StringConstraint = .any) -> String? {
        guard let value = member(name) else { return nil }
        guard case .string(let string) = value else {
            mistype(value, name, as: "String")
            return nil
        }
        for violation in constraint.violations(string) { reject(name, string, violation) }
        return string
    }

    func requiredString(_ name: String, _ constraint: StringConstraint = .any) -> String {
        if member(name) == nil { rejectMissing(name) }
        return string(name, constraint) ?? ""
    }

    /// A required ARN of one kind; check the findings before using what it names.
    func requiredARN(_ name: String, _ constraint: StringConstraint = .any) -> ResourceARN {
        ResourceARN(requiredString(name, constraint)) ?? ResourceARN("arn:aws:ivs:x:0:x/x")!
    }

    func integer(
        _ name: String, in range: ClosedRange<Int64> = Int64.min...Int64.max
    ) -> Int64? {
        guard let value = member(name) else { return nil }
        guard case .integer(let integer) = value else {
            mistype(value, name, as: "Integer")
            return nil
        }
        if integer < range.lowerBound {
            reject(
                name, "\(integer)",
                "Member must have value greater than or equal to \(range.lowerBound)")
        }
        if integer > range.upperBound {
            reject(
                name, "\(integer)",
                "Member must have value less than or equal to \(range.upperBound)")
        }
        return integer
    }

    func number(_ name: String) -> Double? {
        guard let value = member(name) else { return nil }
        switch value {
        case .integer(let integer): return Double(integer)
        case .number(let number): return number
        default:
            mistype(value, name, as: "Float")
            return nil
        }
    }

    /// A stored time: milliseconds since 1970. Inputs have none.
    func time(_ name: String) -> WallTime? {
        integer(name).map(WallTime.init(unixMilliseconds:))
    }

    func boolean(_ name: String) -> Bool? {
        guard let value = member(name) else { return nil }
        guard case .bool(let boolean) = value else {
            mistype(value, name, as: "Boolean")
            return nil
        }
        return boolean
    }

    func enumeration<Value: StringEnumeration>(_ name: String) -> Value? {
        guard let value = member(name) else { return nil }
        guard case .string(let string) = value else {
            mistype(value, name, as: "String")
            return nil
        }
        if let value = Value(rawValue: string) { return value }
        reject(name, string, Value.constraint)
        return nil
    }
}

/// An enum of the model: its raw values are what stands in the JSON.
protocol StringEnumeration: RawRepresentable, CaseIterable where RawValue == String {}

extension StringEnumeration {
    fileprivate static var constraint: String {
        "Member must satisfy enum value set: ["
            + allCases.map(\.rawValue).joined(separator: ", ") + "]"
    }
}

// MARK: - Collections

extension InputReader {
    private func list(
        _ name: String, count: ClosedRange<Int> = 0...Int.max
    ) -> [JSONValue]? {
        guard let value = member(name) else { return nil }
        guard case .array(let elements) = value else {
            mistype(value, name, as: "List")
            return nil
        }
        findings.count(elements.count, of: "a list", in: count, at: path + name)
        return elements
    }

    func enumerations<Value: StringEnumeration>(
        _ name: String, count: ClosedRange<Int> = 0...Int.max
    ) -> [Value]? {
        strings(name, count: count)?.compactMap { string in
            if let value = Value(rawValue: string) { return value }
            reject(name, "[\(string)]", "Member must satisfy constraint: [\(Value.constraint)]")
            return nil
        }
    }

    func strings(
        _ name: String, count: ClosedRange<Int> = 0...Int.max,
        each constraint: StringConstraint? = nil
    ) -> [String]? {
        list(name, count: count)?.compactMap { element in
            guard case .string(let string) = element else {
                mistype(element, name, as: "String")
                return nil
            }
            for violation in constraint?.violations(string) ?? [] {
                reject(name, "[\(string)]", "Member must satisfy constraint: [\(violation)]")
            }
            return string
        }
    }

    func object(_ name: String) -> InputReader? {
        guard let value = member(name) else { return nil }
        guard case .object(let members) = value else {
            mistype(value, name, as: "Structure")
            return nil
        }
        return InputReader(members, path: "\(path)\(name).", findings: findings)
    }

    /// The members that `shape` has, laid over `defaults`: an input as answers repeat it.
    func members(
        of shape: Shape, over defaults: [String: JSONValue]
    ) -> [String: JSONValue] {
        guard case .object(let given) = shape.cut(.object(members)) else { return defaults }
        return defaults.merging(given) { $1 }
    }

    /// The structures of a list, in order. One is enough to make the request wrong, so no more than
    /// `count` allows are looked into.
    func objects(
        _ name: String, count: ClosedRange<Int> = 0...Int.max
    ) -> [InputReader]? {
        list(name, count: count)?.prefix(count.upperBound).enumerated().compactMap {
            index, element in
            guard case .object(let members) = element else {
                mistype(element, name, as: "Structure")
                return nil
            }
            return InputReader(
                members, path: "\(path)\(name).\(index + 1).member.", findings: findings)
        }
    }

    /// A map of strings.
    /// - Parameters:
    ///   - count: how many entries there may be.
    ///   - totalBytes: what all keys and values may take together in UTF-8.
    func map(
        _ name: String, count: ClosedRange<Int> = 0...Int.max, key: StringConstraint = .any,
        value: StringConstraint = .any, totalBytes: Int = .max
    ) -> [String: String]? {
        guard let member = member(name) else { return nil }
        guard case .object(let members) = member else {
            mistype(member, name, as: "Map")
            return nil
        }
        findings.count(members.count, of: "a map", in: count, at: path + name)
        var map: [String: String] = [:]
        for (mapKey, element) in members.sorted(by: { $0.key < $1.key }) where element != .null {
            guard case .string(let string) = element else {
                mistype(element, "\(name).\(mapKey)", as: "String")
                continue
            }
            for violation in key.violations(mapKey) {
                reject(name, mapKey, "Map keys must satisfy constraint: [\(violation)]")
            }
            for violation in value.violations(string) {
                reject(name, string, "Map value must satisfy constraint: [\(violation)]")
            }
            map[mapKey] = string
        }
        let bytes = map.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        if bytes > totalBytes {
            reject(
                name, "a map of \(bytes) bytes",
                "Keys and values must take at most \(totalBytes) bytes together")
        }
        return map
    }
}
