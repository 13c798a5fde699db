import Primitives

/// What a request line asks for. Whether the method fits is decided by whoever answers.
enum Route: Hashable, Sendable {
    /// An operation of the API. It reads the path itself, as it stood.
    case operation
    /// Where WHIP sessions begin: the participant in the path, if any.
    case publish(ParticipantID?)
    /// Where subscriptions begin; to the whole stage without a participant.
    case subscribe(ParticipantID?)
    /// One WHIP or WHEP session.
    case session(ResourceID)
    case events(StageID)
    /// The stream of notifications to backends.
    case notifications
    case health
    case metrics
    /// What the API looks like.
    case openAPI
    /// The components of a path under `/samples/`; the last is empty for a folder.
    case sample([String])
    /// To be sent on to this path.
    case redirect(String)
    case unknown

    /// - Parameter path: as it stood on the request line, without the query.
    init(path: some StringProtocol) {
        guard path.first == "/" else {
            self = .unknown
            return
        }
        let raw = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        if raw.first == "tags", raw.count > 1 {
            // What stands behind it is the API's matter, well encoded or not.
            self = .operation
            return
        }
        var parts: [String] = []
        for component in raw {
            guard let part = percentDecoded(component) else {
                self = .unknown
                return
            }
            parts.append(part)
        }
        self.init(parts: parts)
    }

    private init(parts: [String]) {
        switch (parts.first, parts.count) {
        case ("", 1), ("samples", 1): self = .redirect("/samples/")
        case ("notifications", 1): self = .notifications
        case ("healthz", 1): self = .health
        case ("metrics", 1): self = .metrics
        case ("openapi.json", 1): self = .openAPI
        case ("whip", _): self = Self.media(Array(parts.dropFirst()))
        case ("events", 2) where !parts[1].isEmpty: self = .events(StageID(parts[1]))
        case ("samples", _): self = .sample(Array(parts.dropFirst()))
        case (let name?, 1) where name.utf8.first.map(isUppercase) == true: self = .operation
        default: self = .unknown
        }
    }

    /// What stands behind `/whip`.
    private static func media(_ parts: [String]) -> Route {
        let id = parts.count > 1 ? parts[1] : nil
        guard parts.count <= 2, id != "" else { return .unknown }
        switch parts.first {
        case nil: return .publish(nil)
        case "publish": return .publish(id.map { ParticipantID($0) })
        case "subscribe": return .subscribe(id.map { ParticipantID($0) })
        case "session": return id.map { .session(ResourceID($0)) } ?? .unknown
        default: return .unknown
        }
    }
}

private func isUppercase(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
}
