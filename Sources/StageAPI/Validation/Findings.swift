/// What was found wrong with one request; shared by the readers of its parts.
final class Findings {
    private var violations: [String] = []
    private var count = 0
    private var serialization: String?

    func violate(_ text: String) {
        count += 1
        if violations.count < APILimits.reportedViolations { violations.append(text) }
    }

    func mistype(_ text: String) {
        if serialization == nil { serialization = text }
    }

    /// The whole request is wrong as soon as one of its members is. A wrong JSON type counts first:
    /// AWS never gets to look at constraints then.
    func finish() throws(APIError) {
        if let serialization { throw .serialization(serialization) }
        guard count > 0 else { return }
        let noun = count == 1 ? "validation error" : "validation errors"
        throw .validation("\(count) \(noun) detected: " + violations.joined(separator: "; "))
    }
}

// MARK: - In AWS's words

extension Findings {
    /// - Parameter path: the member, with all that it stands in.
    func reject(_ value: String, at path: String, _ constraint: String) {
        let shown = value.count > 128 ? value.prefix(128) + "…" : Substring(value)
        violate("Value '\(shown)' at '\(path)' failed to satisfy constraint: \(constraint)")
    }

    func rejectMissing(at path: String) {
        violate("Value null at '\(path)' failed to satisfy constraint: Member must not be null")
    }

    func mistype(_ value: JSONValue, at path: String, as type: String) {
        let found =
            switch value {
            case .null: "NULL_VALUE"
            case .bool(true): "TRUE_VALUE"
            case .bool(false): "FALSE_VALUE"
            case .integer: "NUMBER_VALUE"
            case .number: "DECIMAL_VALUE"
            case .string: "STRING_VALUE"
            case .array: "START_ARRAY"
            case .object: "START_OBJECT"
            }
        mistype("\(found) can not be converted to \(type) (member '\(path)')")
    }

    /// Notes that a list or map (`noun`) has too few or too many elements.
    func count(_ count: Int, of noun: String, in range: ClosedRange<Int>, at path: String) {
        if count < range.lowerBound {
            reject(
                "\(noun) of \(count)", at: path,
                "Member must have length greater than or equal to \(range.lowerBound)")
        }
        if count > range.upperBound {
            reject(
                "\(noun) of \(count)", at: path,
                "Member must have length less than or equal to \(range.upperBound)")
        }
    }
}
