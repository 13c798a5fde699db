import Primitives

/// What a JSON value of the API may be, under its name in the service's model.
///
/// The files of this folder are the one table of the API's shapes: inputs are validated against it
/// (``Shape/validate(_:at:into:)``), outputs are cut to it (``Shape/cut(_:)``), and the OpenAPI
/// document is written from it. A test holds that document against the model that AWS's clients
/// carry.
struct Shape: Sendable {
    indirect enum Form: Sendable {
        case string(StringConstraint, isSensitive: Bool)
        /// - ignoresCase: whether other spellings are taken for the listed one.
        case enumeration([String], ignoresCase: Bool)
        case integer(ClosedRange<Int64>)
        case number(ClosedRange<Double>)
        case boolean
        /// ISO 8601 in UTC.
        case timestamp
        case list(Shape, count: ClosedRange<Int>)
        /// - totalBytes: what all keys and values may take together in UTF-8.
        case map(key: Shape, value: Shape, count: ClosedRange<Int>, totalBytes: Int)
        case structure([Member])
    }

    /// A member of a structure.
    struct Member: Sendable {
        var name: String
        var shape: Shape
        var isRequired: Bool

        static func required(_ name: String, _ shape: Shape) -> Member {
            Member(name: name, shape: shape, isRequired: true)
        }

        static func optional(_ name: String, _ shape: Shape) -> Member {
            Member(name: name, shape: shape, isRequired: false)
        }
    }

    let name: String
    let form: Form
    /// What the API says about it beyond its form.
    var note = ""
    /// What JSON Schema can say of that: operations check it themselves.
    var keywords: [String: JSONValue] = [:]
}

// MARK: - The words of the table

extension Shape {
    /// The largest value of the model's integers, which are of 32 bits.
    static let largestInteger = Int64(Int32.max)

    static func string(
        _ name: String, _ constraint: StringConstraint, isSensitive: Bool = false
    ) -> Shape {
        Shape(name: name, form: .string(constraint, isSensitive: isSensitive))
    }

    static func enumeration(
        _ name: String, _ values: [String], ignoresCase: Bool = false
    ) -> Shape {
        Shape(name: name, form: .enumeration(values, ignoresCase: ignoresCase))
    }

    static func integer(_ name: String, _ range: ClosedRange<Int64>) -> Shape {
        Shape(name: name, form: .integer(range))
    }

    static func integer(_ name: String, _ range: PartialRangeFrom<Int64>) -> Shape {
        Shape(name: name, form: .integer(range.lowerBound...largestInteger))
    }

    static func number(_ name: String, _ range: ClosedRange<Double>) -> Shape {
        Shape(name: name, form: .number(range))
    }

    static func boolean(_ name: String) -> Shape { Shape(name: name, form: .boolean) }

    static func timestamp(_ name: String) -> Shape { Shape(name: name, form: .timestamp) }

    static func list(
        _ name: String, of element: Shape, _ count: ClosedRange<Int> = 0...Int.max
    ) -> Shape {
        Shape(name: name, form: .list(element, count: count))
    }

    static func map(
        _ name: String, _ key: Shape, _ value: Shape, _ count: ClosedRange<Int> = 0...Int.max,
        totalBytes: Int = .max
    ) -> Shape {
        Shape(name: name, form: .map(key: key, value: value, count: count, totalBytes: totalBytes))
    }

    static func structure(_ name: String, _ members: [Member]) -> Shape {
        Shape(name: name, form: .structure(members))
    }

    func noting(_ note: String, _ keywords: [String: JSONValue] = [:]) -> Shape {
        var shape = self
        shape.note = note
        shape.keywords = keywords
        return shape
    }
}

extension Shape {
    /// `value` without the members that the shape does not have or that are `null`: what a stored resource says in an
    /// answer, and the summary of what a Get operation says whole. Times, which are stored as
    /// milliseconds since 1970, are written out.
    func cut(_ value: JSONValue) -> JSONValue {
        switch (form, value) {
        case (.structure(let known), .object(let members)):
            var kept: [String: JSONValue] = [:]
            for member in known {
                guard let value = members[member.name], value != .null else { continue }
                kept[member.name] = member.shape.cut(value)
            }
            return .object(kept)
        case (.list(let element, _), .array(let values)):
            return .array(values.map { element.cut($0) })
        case (.timestamp, .integer(let milliseconds)):
            return .string(WallTime(unixMilliseconds: milliseconds).description)
        default: return value
        }
    }
}
