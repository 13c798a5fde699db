/// Why text is not a session description.
package enum SDPViolation: Error, Hashable, Sendable {
    case tooLarge(bytes: Int)
    case tooManyLines
    case tooManySections
    case lineTooLong(line: Int)
    /// The first line must be `v=0` (RFC 8866 §5.1).
    case version
    /// A line that is not `x=…`, or an `m=` line without its four parts.
    case malformed(line: Int)
}

/// An attribute: `a=name` or `a=name:value` (RFC 8866 §5.13).
package struct Attribute: Hashable, Sendable {
    package var name: String
    package var value: String?

    package init(name: String, value: String?) {
        self.name = name
        self.value = value
    }

    /// As a line, without the line end.
    package var line: String { value.map { "a=\(name):\($0)" } ?? "a=\(name)" }
}

/// A session description (RFC 8866): what WebRTC uses of it, as a value.
package struct SessionDescription: Hashable, Sendable {
    /// The session id of the `o=` line.
    package var originID: String
    package var sessionVersion: UInt64
    package var attributes: [Attribute]
    package var media: [MediaDescription]

    package init(
        originID: String, sessionVersion: UInt64, attributes: [Attribute],
        media: [MediaDescription]
    ) {
        self.originID = originID
        self.sessionVersion = sessionVersion
        self.attributes = attributes
        self.media = media
    }

    /// Reads a description; lines may end in CRLF, LF or CR. Lines of no interest to WebRTC (`s=`, `t=`,
    /// `b=`, …) are passed over.
    package init(parsing text: String) throws(SDPViolation) {
        self.init(originID: "0", sessionVersion: 0, attributes: [], media: [])
        var hasVersion = false
        for (number, line) in try SDPLines.split(text).enumerated() {
            let (type, value) = try SDPLines.typed(line, number: number + 1)
            guard hasVersion || (type == "v" && value == "0") else { throw .version }
            hasVersion = true
            try take(type, value, line: number + 1)
        }
        guard hasVersion else { throw .version }
    }

    private mutating func take(
        _ type: Character, _ value: Substring, line: Int
    ) throws(SDPViolation) {
        switch type {
        case "o":
            let parts = value.split(separator: " ")
            guard parts.count == 6 else { throw .malformed(line: line) }
            originID = String(parts[1])
            sessionVersion = UInt64(parts[2]) ?? 0
        case "m":
            guard media.count < Limits.mediaSections else { throw .tooManySections }
            guard let section = MediaDescription(mediaLine: value) else {
                throw .malformed(line: line)
            }
            media.append(section)
        case "a":
            let attribute = Attribute(parsing: value)
            if media.isEmpty {
                attributes.append(attribute)
            } else {
                media[media.count - 1].add(attribute)
            }
        default: break
        }
    }

    /// The description as text, with CRLF line ends.
    package func print() -> String {
        var lines = [
            "v=0", "o=- \(originID) \(sessionVersion) IN IP4 127.0.0.1", "s=-", "t=0 0",
        ]
        lines += attributes.map(\.line)
        for section in media {
            let formats = section.formats.joined(separator: " ")
            lines.append("m=\(section.kind) \(section.port) \(section.proto) \(formats)")
            lines.append("c=IN IP4 0.0.0.0")
            lines += section.attributes.map(\.line)
        }
        return lines.map { $0 + "\r\n" }.joined()
    }

    /// The mids of the first `a=group:BUNDLE` (RFC 9143).
    package var bundle: [String] {
        for attribute in attributes where attribute.name == "group" {
            let parts = (attribute.value ?? "").split(separator: " ").map(String.init)
            if parts.first == "BUNDLE" { return Array(parts.dropFirst()) }
        }
        return []
    }
}

extension Attribute {
    init(parsing text: Substring) {
        guard let colon = text.firstIndex(of: ":") else {
            self.init(name: String(text), value: nil)
            return
        }
        self.init(
            name: String(text[..<colon]), value: String(text[text.index(after: colon)...]))
    }
}

/// Splits descriptions and fragments into lines.
enum SDPLines {
    static func split(_ text: String) throws(SDPViolation) -> [Substring] {
        guard text.utf8.count <= Limits.descriptionBytes else {
            throw .tooLarge(bytes: text.utf8.count)
        }
        // A CRLF is one character to Swift.
        let lines = text.split(omittingEmptySubsequences: true) {
            $0 == "\n" || $0 == "\r\n" || $0 == "\r"
        }
        guard lines.count <= Limits.lines else { throw .tooManyLines }
        return lines
    }

    static func typed(
        _ line: Substring, number: Int
    ) throws(SDPViolation) -> (Character, Substring) {
        guard line.utf8.count <= Limits.lineBytes else { throw .lineTooLong(line: number) }
        guard let type = line.first, line.dropFirst().first == "=" else {
            throw .malformed(line: number)
        }
        return (type, line.dropFirst(2))
    }
}
