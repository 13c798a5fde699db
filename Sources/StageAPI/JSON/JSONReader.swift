/// Reads one JSON text (RFC 8259), strictly. Total: any bytes give a value or an error.
struct JSONReader {
    /// What is wrong, and at which byte.
    struct Violation: Error, Hashable {
        var reason: String
        var offset: Int
    }

    private let bytes: [UInt8]
    private var offset = 0

    static func read(_ bytes: [UInt8]) throws(Violation) -> JSONValue {
        var reader = JSONReader(bytes: bytes)
        let value = try reader.value(depth: 0)
        reader.skipWhiteSpace()
        guard reader.offset == bytes.count else { throw reader.violation("more than one value") }
        return value
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private func violation(_ reason: String) -> Violation {
        Violation(reason: reason, offset: offset)
    }

    private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func skipWhiteSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            offset += 1
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        offset += 1
        return true
    }

    private mutating func value(depth: Int) throws(Violation) -> JSONValue {
        guard depth < APILimits.jsonDepth else { throw violation("nested too deeply") }
        skipWhiteSpace()
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case nil: throw violation("unexpected end")
        default: return try number()
        }
    }

    private mutating func literal(
        _ text: StaticString, _ value: JSONValue
    ) throws(Violation) -> JSONValue {
        for byte in "\(text)".utf8 where !take(byte) { throw violation("not a value") }
        return value
    }

    private mutating func object(depth: Int) throws(Violation) -> JSONValue {
        var members: [String: JSONValue] = [:]
        offset += 1
        skipWhiteSpace()
        if take(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipWhiteSpace()
            guard next == UInt8(ascii: "\"") else { throw violation("expected a member name") }
            let name = try string()
            skipWhiteSpace()
            guard take(UInt8(ascii: ":")) else { throw violation("expected a colon") }
            members[name] = try value(depth: depth + 1)
            skipWhiteSpace()
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { throw violation("expected a comma") }
        }
    }

    private mutating func array(depth: Int) throws(Violation) -> JSONValue {
        var values: [JSONValue] = []
        offset += 1
        skipWhiteSpace()
        if take(UInt8(ascii: "]")) { return .array(values) }
        while true {
            values.append(try value(depth: depth + 1))
            skipWhiteSpace()
            if take(UInt8(ascii: "]")) { return .array(values) }
            guard take(UInt8(ascii: ",")) else { throw violation("expected a comma") }
        }
    }
}

// MARK: - Numbers and strings

extension JSONReader {
    private mutating func digits() throws(Violation) {
        let start = offset
        while let byte = next, (0x30...0x39).contains(byte) { offset += 1 }
        guard offset > start else { throw violation("expected a digit") }
    }

    private mutating func number() throws(Violation) -> JSONValue {
        let start = offset
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        var isInteger = true
        if take(UInt8(ascii: ".")) {
            isInteger = false
            try digits()
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isInteger = false
            if !take(UInt8(ascii: "-")) { _ = take(UInt8(ascii: "+")) }
            try digits()
        }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        if isInteger, let integer = Int64(text) { return .integer(integer) }
        guard let number = Double(text) else { throw violation("not a number") }
        return .number(number)
    }

    private mutating func string() throws(Violation) -> String {
        offset += 1
        var text: [UInt8] = []
        while let byte = next {
            offset += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw violation("not UTF-8")
                }
                return string
            case UInt8(ascii: "\\"): text += try escape().utf8
            case 0..<0x20: throw violation("a control character in a string")
            default: text.append(byte)
            }
        }
        throw violation("unexpected end of a string")
    }

    /// What stands after a backslash, as the character that it means.
    private mutating func escape() throws(Violation) -> String {
        guard let byte = next else { throw violation("unexpected end of a string") }
        offset += 1
        switch byte {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw violation("unknown escape")
        }
    }

    private mutating func unicodeEscape() throws(Violation) -> String {
        var units = [try codeUnit()]
        if UTF16.isLeadSurrogate(units[0]) {
            guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
                throw violation("half a surrogate pair")
            }
            units.append(try codeUnit())
        }
        guard let text = String(validating: units, as: UTF16.self) else {
            throw violation("half a surrogate pair")
        }
        return text
    }

    private mutating func codeUnit() throws(Violation) -> UInt16 {
        guard offset + 4 <= bytes.count else { throw violation("unexpected end of a string") }
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(bytes[offset])).hexDigitValue else {
                throw violation("expected a hexadecimal digit")
            }
            unit = unit << 4 | UInt16(digit)
            offset += 1
        }
        return unit
    }
}
