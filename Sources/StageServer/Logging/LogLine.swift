import Logging

/// How an event is written: one line, whatever is in it.
enum LogLine {
    /// `2026-01-02T03:04:05.678Z info live: A host came stage=abc123`
    static func text(
        time: String, level: Logger.Level, label: String, message: String,
        metadata: Logger.Metadata
    ) -> String {
        var line = "\(time) \(level.rawValue) \(label): \(oneLine(message))"
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            line += " \(key)=\(quotedWhereNeeded("\(value)"))"
        }
        return line
    }

    /// `{"time":…,"level":…,"label":…,"message":…,"stage":…}`: what the four are called is theirs; a
    /// metadata entry of that name gets an underscore in front.
    static func json(
        time: String, level: Logger.Level, label: String, message: String,
        metadata: Logger.Metadata
    ) -> String {
        var members = [
            ("time", quoted(time)), ("level", quoted(level.rawValue)), ("label", quoted(label)),
            ("message", quoted(message)),
        ]
        let taken = Set(members.map(\.0))
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            members.append((taken.contains(key) ? "_" + key : key, json(value)))
        }
        return "{" + members.map { "\(quoted($0.0)):\($0.1)" }.joined(separator: ",") + "}"
    }

    private static func json(_ value: Logger.MetadataValue) -> String {
        switch value {
        case .string(let text): quoted(text)
        case .stringConvertible(let value): quoted(value.description)
        case .array(let values): "[" + values.map(json).joined(separator: ",") + "]"
        case .dictionary(let members):
            "{"
                + members.sorted { $0.key < $1.key }
                .map { "\(quoted($0.key)):\(json($0.value))" }.joined(separator: ",") + "}"
        }
    }

    /// A JSON string (RFC 8259 §7).
    private static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case ..<" ", "\u{7F}": out += escaped(scalar)
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        let hex = String(scalar.value, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
    }

    private static func quotedWhereNeeded(_ text: String) -> String {
        let isPlain =
            !text.isEmpty
            && text.unicodeScalars.allSatisfy { $0 > " " && $0 != "\"" && $0 != "\u{7F}" }
        return isPlain ? text : quoted(text)
    }

    /// The text with its control characters escaped: a client's words cannot forge a line, nor move
    /// a terminal's cursor.
    private static func oneLine(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0 < " " || $0 == "\u{7F}" }) else {
            return text
        }
        return String(quoted(text).dropFirst().dropLast())
    }
}
