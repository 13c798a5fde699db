/// A session description as WebRTC uses it (RFC 8866, RFC 8829): the session's own lines and its
/// media sections. Lines that WebRTC gives no meaning (`i=`, `u=`, `r=`, …) are read over.
package struct SessionDescription: Equatable, Sendable, AttributeList {
    /// `-` unless the peer says otherwise.
    package var originUsername: String
    /// The number that stays the same over the offers and answers of one session.
    package var originID: UInt64
    /// Goes up with each change.
    package var sessionVersion: UInt64
    /// Network type, address type and address: `IN IP4 127.0.0.1`.
    package var originAddress: String
    package var sessionName: String
    /// The `c=` line, if there is one on this level.
    package var connection: String?
    /// The `b=` lines.
    package var bandwidths: [String]
    package var attributes: [Attribute]
    package var media: [MediaDescription]

    package init(
        originID: UInt64, sessionVersion: UInt64, attributes: [Attribute] = [],
        media: [MediaDescription] = []
    ) {
        originUsername = "-"
        self.originID = originID
        self.sessionVersion = sessionVersion
        originAddress = "IN IP4 127.0.0.1"
        sessionName = "-"
        connection = nil
        bandwidths = []
        self.attributes = attributes
        self.media = media
    }

    /// The media identifiers of the first BUNDLE group (RFC 9143 §7); empty when there is none.
    package var bundle: [String] {
        for group in values(of: "group") {
            let words = group.words
            if words.first == "BUNDLE" { return Array(words.dropFirst()) }
        }
        return []
    }

    /// True when the peer is an ICE-lite agent (RFC 8839 §5.3).
    package var isICELite: Bool { has("ice-lite") }

    /// The media section with that identifier.
    package func media(mid: String) -> MediaDescription? {
        media.first { $0.mid == mid }
    }
}

extension SessionDescription {
    /// Reads an offer or an answer. Lines end in CRLF or LF.
    ///
    /// - Throws: ``SDPViolation`` for what is not a session description, and for one that is larger
    ///   than ``Limits`` allow. Attributes are not judged here: their accessors leave out what they
    ///   cannot read.
    package init(parsing text: String) throws(SDPViolation) {
        let lines = try Line.split(text)
        guard let first = lines.first, first.type == UInt8(ascii: "v"), first.value == "0" else {
            throw .version
        }
        self.init(originID: 0, sessionVersion: 0)
        var hasOrigin = false
        for line in lines.dropFirst() {
            switch line.type {
            case UInt8(ascii: "o"):
                try readOrigin(line)
                hasOrigin = true
            case UInt8(ascii: "s") where media.isEmpty: sessionName = String(line.value)
            case UInt8(ascii: "m"):
                guard media.count < Limits.maximumMediaSections else {
                    throw .tooManyMediaSections
                }
                media.append(try MediaDescription(line))
            default: read(line)
            }
        }
        guard hasOrigin else { throw .missingOrigin }
    }

    /// `o=<username> <sess-id> <sess-version> <nettype> <addrtype> <address>` (RFC 8866 §5.2).
    private mutating func readOrigin(_ line: Line) throws(SDPViolation) {
        let words = line.words
        guard media.isEmpty, words.count == 6, let id = UInt64(words[1]),
            let version = UInt64(words[2])
        else { throw .malformedOrigin(line.number) }
        originUsername = words[0]
        originID = id
        sessionVersion = version
        originAddress = words[3...5].joined(separator: " ")
    }

    /// Reads a line that belongs to the session or, behind an `m=` line, to that media section.
    private mutating func read(_ line: Line) {
        guard media.isEmpty else { return media[media.count - 1].read(line) }
        switch line.type {
        case UInt8(ascii: "c"): connection = String(line.value)
        case UInt8(ascii: "b"): bandwidths.append(String(line.value))
        case UInt8(ascii: "a"): attributes.append(Attribute(parsing: line.value))
        default: break
        }
    }

    /// The description as text, lines ended by CRLF.
    package func print() -> String {
        var text = "v=0\r\n"
        text += "o=\(originUsername) \(originID) \(sessionVersion) \(originAddress)\r\n"
        text += "s=\(sessionName.isEmpty ? "-" : sessionName)\r\n"
        if let connection { text += "c=\(connection)\r\n" }
        for bandwidth in bandwidths { text += "b=\(bandwidth)\r\n" }
        text += "t=0 0\r\n"
        for attribute in attributes { text += "a=\(attribute)\r\n" }
        for section in media { section.print(into: &text) }
        return text
    }
}
