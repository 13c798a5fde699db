/// A media section: its `m=` line and what follows it (RFC 8866 §5.14). What its attributes mean is
/// computed from them, in the facets of this type.
package struct MediaDescription: Equatable, Sendable, AttributeList {
    /// `audio`, `video`, or `application`.
    package var kind: String
    /// 9 where ICE decides, 0 for a section that is rejected or stopped.
    package var port: Int
    /// `UDP/TLS/RTP/SAVPF` and the like.
    package var proto: String
    /// Payload type numbers; for a data channel its subprotocol.
    package var formats: [String]
    /// The `c=` line, if there is one on this level.
    package var connection: String?
    /// The `b=` lines.
    package var bandwidths: [String]
    package var attributes: [Attribute]

    /// - Parameter connection: every section must have one, unless the session has (RFC 8866 §5.7);
    ///   the default is the one that says nothing, because ICE decides.
    package init(
        kind: String, port: Int, proto: String, formats: [String],
        connection: String? = "IN IP4 0.0.0.0", attributes: [Attribute] = []
    ) {
        self.kind = kind
        self.port = port
        self.proto = proto
        self.formats = formats
        self.connection = connection
        bandwidths = []
        self.attributes = attributes
    }

    /// `m=<media> <port>[/<number>] <proto> <fmt> …`
    init(_ line: Line) throws(SDPViolation) {
        let words = line.words
        guard words.count >= 3, let port = UInt16(words[1].cut(at: "/").head) else {
            throw .malformedMedia(line.number)
        }
        self.init(
            kind: words[0], port: Int(port), proto: words[2], formats: Array(words[3...]),
            connection: nil)
    }

    mutating func read(_ line: Line) {
        switch line.type {
        case UInt8(ascii: "c"): connection = String(line.value)
        case UInt8(ascii: "b"): bandwidths.append(String(line.value))
        case UInt8(ascii: "a"): attributes.append(Attribute(parsing: line.value))
        default: break
        }
    }

    func print(into text: inout String) {
        text += "m=" + ([kind, String(port), proto] + formats).joined(separator: " ") + "\r\n"
        if let connection { text += "c=\(connection)\r\n" }
        for bandwidth in bandwidths { text += "b=\(bandwidth)\r\n" }
        for attribute in attributes { text += "a=\(attribute)\r\n" }
    }
}
