/// An `a=extmap` line (RFC 8285 §5).
package struct ExtensionMap: Hashable, Sendable {
    /// The local id: 1...14 with one-byte headers, up to 255 with two-byte ones.
    package var id: UInt8
    package var direction: Direction?
    package var uri: String

    package init(id: UInt8, direction: Direction? = nil, uri: String) {
        self.id = id
        self.direction = direction
        self.uri = uri
    }

    /// `<id>[/<direction>] <URI> [<attributes>]`
    init?(parsing text: String) {
        let words = text.words
        guard words.count >= 2 else { return nil }
        let (number, suffix) = words[0].cut(at: "/")
        guard let id = UInt8(number), id > 0 else { return nil }
        let direction = suffix.flatMap { Direction(rawValue: $0) }
        guard suffix == nil || direction != nil else { return nil }
        self.init(id: id, direction: direction, uri: words[1])
    }
}

extension ExtensionMap: CustomStringConvertible {
    /// The value as it stands behind `a=extmap:`.
    package var description: String {
        "\(id)" + (direction.map { "/\($0.rawValue)" } ?? "") + " \(uri)"
    }
}

/// An `a=ssrc` line (RFC 5576 §4.1).
package struct SourceAttribute: Hashable, Sendable {
    package var ssrc: UInt32
    /// `cname`, `msid`, …
    package var attribute: String
    package var value: String?

    package init(ssrc: UInt32, attribute: String, value: String? = nil) {
        self.ssrc = ssrc
        self.attribute = attribute
        self.value = value
    }

    init?(parsing text: String) {
        let (number, rest) = text.cut(at: " ")
        guard let ssrc = UInt32(number), let rest else { return nil }
        let (attribute, value) = rest.trimmed.cut(at: ":")
        self.init(ssrc: ssrc, attribute: attribute, value: value)
    }
}

/// An `a=ssrc-group` line (RFC 5576 §4.2).
package struct SourceGroup: Hashable, Sendable {
    /// `FID` (a stream and its retransmission), `SIM`, …
    package var semantics: String
    package var ssrcs: [UInt32]

    package init(semantics: String, ssrcs: [UInt32]) {
        self.semantics = semantics
        self.ssrcs = ssrcs
    }

    init?(parsing text: String) {
        let words = text.words
        guard words.count >= 2 else { return nil }
        let ssrcs = words.dropFirst().compactMap { UInt32($0) }
        guard ssrcs.count == words.count - 1 else { return nil }
        self.init(semantics: words[0], ssrcs: ssrcs)
    }
}

/// An `a=rid` line (RFC 8851 §4).
package struct RestrictionID: Hashable, Sendable {
    package var id: String
    /// `sendonly` for `send`, `recvonly` for `recv`.
    package var direction: Direction
    /// `max-width=1280;max-fps=30`, or empty.
    package var restrictions: String

    package init(id: String, direction: Direction, restrictions: String = "") {
        self.id = id
        self.direction = direction
        self.restrictions = restrictions
    }

    /// `<id> send|recv [<restrictions>]`
    init?(parsing text: String) {
        let words = text.words
        guard words.count >= 2, words[1] == "send" || words[1] == "recv" else { return nil }
        self.init(
            id: words[0], direction: words[1] == "send" ? .sendonly : .recvonly,
            restrictions: words.dropFirst(2).joined(separator: " "))
    }
}

extension RestrictionID: CustomStringConvertible {
    /// The value as it stands behind `a=rid:`.
    package var description: String {
        "\(id) \(direction == .sendonly ? "send" : "recv")"
            + (restrictions.isEmpty ? "" : " \(restrictions)")
    }
}

extension MediaDescription {
    package var extmaps: [ExtensionMap] {
        values(of: "extmap").compactMap { ExtensionMap(parsing: $0) }
    }

    package var ssrcs: [SourceAttribute] {
        values(of: "ssrc").compactMap { SourceAttribute(parsing: $0) }
    }

    package var ssrcGroups: [SourceGroup] {
        values(of: "ssrc-group").compactMap { SourceGroup(parsing: $0) }
    }

    package var rids: [RestrictionID] {
        values(of: "rid").compactMap { RestrictionID(parsing: $0) }
    }

    /// The `rid`s that the section offers to send as simulcast, in the peer's order (RFC 8853 §5.1).
    /// Of alternatives the first counts; a stream that starts paused (`~`) is one like any other.
    package var simulcastSend: [String] { simulcast("send") }

    /// The `rid`s that the section wants to receive.
    package var simulcastReceive: [String] { simulcast("recv") }

    private func simulcast(_ direction: String) -> [String] {
        guard let words = value(of: "simulcast")?.words,
            let index = words.firstIndex(of: direction), index + 1 < words.count
        else { return [] }
        // A draft of the RFC, still sent by some, wrote `send rid=hi;lo`.
        let list = words[index + 1].cut(at: "=")
        return (list.tail ?? list.head).pieces(separatedBy: ";").compactMap { stream in
            let first = stream.pieces(separatedBy: ",").first ?? ""
            let rid = first.hasPrefix("~") ? String(first.dropFirst()) : first
            return rid.isEmpty ? nil : rid
        }
    }

    /// Stream and track identifiers: `<stream> [<track>]` (RFC 8830 §2).
    package var msid: String? { value(of: "msid") }
}
