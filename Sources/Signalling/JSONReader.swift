/// Reads one JSON text (RFC 8259) and nothing after it. Total: any input gives a value or a
/// violation.
package enum JSONViolation: Error, Hashable, Sendable {
    /// Not JSON at that byte.
    case unexpected(at: Int)
    case tooDeep(at: Int)
}

extension JSONValue {
    package init(parsing text: String) throws(JSONViolation) {
        var reader = JSONReader(bytes: Array(text.utf8))
        self = try reader.readDocument()
    }
}

private struct JSONReader {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    var unexpected: JSONViolation { .unexpected(at: position) }

    mutating func readDocument() throws(JSONViolation) -> JSONValue {
        skipSpace()
        let value = try readValue(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw unexpected }
        return value
    }

    mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
            position += 1
        }
    }

    mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        position += 1
        return true
    }

    mutating func readValue(depth: Int) throws(JSONViolation) -> JSONValue {
        guard depth <= SignallingLimits.jsonDepth else { throw .tooDeep(at: position) }
        switch current {
        case UInt8(ascii: "{"): return try readObject(depth: depth)
        case UInt8(ascii: "["): return try readArray(depth: depth)
        case UInt8(ascii: "\""): return .string(try readString())
        case UInt8(ascii: "t"): return try readWord("true", .bool(true))
        case UInt8(ascii: "f"): return try readWord("false", .bool(false))
        case UInt8(ascii: "n"): return try readWord("null", .null)
        default: return try readNumber()
        }
    }

    mutating func readWord(_ word: String, _ value: JSONValue) throws(JSONViolation) -> JSONValue {
        for byte in word.utf8 {
            guard take(byte) else { throw unexpected }
        }
        return value
    }

    mutating func readArray(depth: Int) throws(JSONViolation) -> JSONValue {
        position += 1
        var values: [JSONValue] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array(values) }
        while true {
            skipSpace()
            values.append(try readValue(depth: depth + 1))
            skipSpace()
            if take(UInt8(ascii: "]")) { return .array(values) }
            guard take(UInt8(ascii: ",")) else { throw unexpected }
        }
    }

    mutating func readObject(depth: Int) throws(JSONViolation) -> JSONValue {
        position += 1
        var members: [JSONMember] = []
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw unexpected }
            let name = try readString()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw unexpected }
            skipSpace()
            members.append(JSONMember(name, try readValue(depth: depth + 1)))
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { throw unexpected }
        }
    }

    /// RFC 8259 §6: no leading zero, no plus, digits on both sides of the point.
    mutating func readNumber() throws(JSONViolation) -> JSONValue {
        let start = position
        _ = take(UInt8(ascii: "-"))
        let isZero = current == UInt8(ascii: "0")
        let digits = skipDigits()
        guard digits > 0, !isZero || digits == 1 else { throw unexpected }
        var isInteger = true
        if take(UInt8(ascii: ".")) {
            isInteger = false
            guard skipDigits() > 0 else { throw unexpected }
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isInteger = false
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            guard skipDigits() > 0 else { throw unexpected }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger, let value = Int64(text) { return .integer(value) }
        guard let value = Double(text) else { throw .unexpected(at: start) }
        return .number(value)
    }

    mutating func skipDigits() -> Int {
        let start = position
        while let byte = current, (0x30...0x39).contains(byte) { position += 1 }
        return position - start
    }

    mutating func readString() throws(JSONViolation) -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                position += 1
                try readEscape(into: &text)
            case 0..<0x20:
                throw unexpected
            default:
                text.append(byte)
                position += 1
            }
        }
        throw unexpected
    }

    mutating func readEscape(into text: inout [UInt8]) throws(JSONViolation) {
        guard let byte = current else { throw unexpected }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            let scalar = try readUnicodeEscape()
            text.append(contentsOf: Array(String(Character(scalar)).utf8))
        default:
            position -= 1
            throw unexpected
        }
    }

    /// The scalar of `\uXXXX`, or of a surrogate pair of them (RFC 8259 §7). Half a pair is a
    /// violation.
    mutating func readUnicodeEscape() throws(JSONViolation) -> Unicode.Scalar {
        let first = try readHex()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard (0xD800..<0xDC00).contains(first), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u"))
        else { throw unexpected }
        let second = try readHex()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw unexpected }
        return scalar
    }

    mutating func readHex() throws(JSONViolation) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue
            else { throw unexpected }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}
