// A shape as JSON Schema 2020-12, which is what OpenAPI 3.1 speaks.
extension Shape {
    var reference: JSONValue { ["$ref": .string("#/components/schemas/\(name)")] }

    /// Its own schema; the shapes that it is made of are referred to.
    var schema: JSONValue {
        var members = formSchema.merging(keywords) { $1 }
        if !note.isEmpty { members["description"] = .string(note) }
        if isScalar { members["examples"] = [example] }
        return .object(members)
    }

    /// The shapes that it is made of.
    var parts: [Shape] {
        switch form {
        case .list(let element, _): [element]
        case .map(let key, let value, _, _): [key, value]
        case .structure(let members): members.map(\.shape)
        default: []
        }
    }

    private var isScalar: Bool {
        switch form {
        case .list, .map, .structure: false
        default: true
        }
    }

    private var formSchema: [String: JSONValue] {
        switch form {
        case .string(let constraint, let isSensitive):
            constraint.schema.merging(isSensitive ? ["format": "password"] : [:]) { $1 }
        case .enumeration(let values, _):
            ["type": "string", "enum": .array(values.map(JSONValue.string))]
        case .integer(let range):
            bounds("minimum", .integer(range.lowerBound)).merging(
                range.upperBound == Self.largestInteger
                    ? [:] : bounds("maximum", .integer(range.upperBound))
            ) { $1 }.merging(["type": "integer", "format": "int32"]) { $1 }
        case .number(let range):
            [
                "type": "number", "format": "float", "minimum": .number(range.lowerBound),
                "maximum": .number(range.upperBound),
            ]
        case .boolean: ["type": "boolean"]
        case .timestamp: ["type": "string", "format": "date-time"]
        case .list(let element, let count):
            counts("minItems", "maxItems", count).merging(
                ["type": "array", "items": element.reference]) { $1 }
        case .map(let key, let value, let count, _):
            counts("minProperties", "maxProperties", count).merging([
                "type": "object", "propertyNames": key.reference,
                "additionalProperties": value.reference,
            ]) { $1 }
        case .structure(let members): structureSchema(members)
        }
    }

    private func bounds(_ name: String, _ value: JSONValue) -> [String: JSONValue] {
        [name: value]
    }

    private func structureSchema(_ members: [Member]) -> [String: JSONValue] {
        let required = members.filter(\.isRequired).map { JSONValue.string($0.name) }
        var schema: [String: JSONValue] = [
            "type": "object",
            "properties": .object(
                Dictionary(uniqueKeysWithValues: members.map { ($0.name, $0.shape.reference) })),
        ]
        if !required.isEmpty { schema["required"] = .array(required) }
        return schema
    }
}

extension StringConstraint {
    fileprivate var schema: [String: JSONValue] {
        var schema = counts("minLength", "maxLength", length)
        schema["type"] = "string"
        schema["pattern"] = anchoredPattern.map(JSONValue.string)
        return schema
    }

    /// Patterns of the model mean the whole string; those of JSON Schema any part of it.
    private var anchoredPattern: String? {
        guard let pattern, !pattern.hasPrefix("^") else { return pattern }
        let (open, close) = (pattern.hasPrefix(".*"), pattern.hasSuffix(".*"))
        return (open ? "" : "^") + pattern.dropFirst(open ? 2 : 0).dropLast(close ? 2 : 0)
            + (close ? "" : "$")
    }
}

/// The bounds of a count, as far as there are any.
private func counts(
    _ least: String, _ most: String, _ range: ClosedRange<Int>
) -> [String: JSONValue] {
    var schema: [String: JSONValue] = [:]
    if range.lowerBound > 0 { schema[least] = .integer(Int64(range.lowerBound)) }
    if range.upperBound < Int.max { schema[most] = .integer(Int64(range.upperBound)) }
    return schema
}
