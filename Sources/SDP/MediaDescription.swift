/// One media section: its `m=` line and attributes (RFC 8866 §5.14).
package struct MediaDescription: Hashable, Sendable {
    /// `audio`, `video` or `application`.
    package var kind: String
    /// 0 refuses the section (RFC 3264 §6).
    package var port: Int
    package var proto: String
    /// Payload types, as text.
    package var formats: [String]
    package private(set) var attributes: [Attribute] = []

    package init(kind: String, port: Int, proto: String, formats: [String]) {
        self.kind = kind
        self.port = port
        self.proto = proto
        self.formats = formats
    }

    init?(mediaLine value: Substring) {
        let parts = value.split(separator: " ").map(String.init)
        guard parts.count >= 4,
            let port = Int(parts[1].split(separator: "/").first ?? ""),
            (0...65_535).contains(port)
        else { return nil }
        self.init(
            kind: parts[0], port: port, proto: parts[2], formats: Array(parts.dropFirst(3)))
    }

    package mutating func add(_ attribute: Attribute) { attributes.append(attribute) }

    /// The first value of an attribute; empty for one without a value.
    package func value(_ name: String) -> String? {
        attributes.first { $0.name == name }.map { $0.value ?? "" }
    }

    package func values(_ name: String) -> [String] {
        attributes.filter { $0.name == name }.map { $0.value ?? "" }
    }

    private func value(_ name: String, in session: SessionDescription) -> String? {
        value(name) ?? session.attributes.first { $0.name == name }.map { $0.value ?? "" }
    }

    // MARK: - Transport

    package var mid: String? { value("mid") }

    package func iceUfrag(in session: SessionDescription) -> String? {
        value("ice-ufrag", in: session)
    }

    package func icePwd(in session: SessionDescription) -> String? {
        value("ice-pwd", in: session)
    }

    package func setup(in session: SessionDescription) -> String? {
        value("setup", in: session)
    }

    /// Certificate fingerprints (RFC 8122 §5), the section's own or the session's.
    package func fingerprints(
        in session: SessionDescription
    ) -> [(hash: String, value: String)] {
        var lines = values("fingerprint")
        if lines.isEmpty {
            lines = session.attributes.filter { $0.name == "fingerprint" }.map { $0.value ?? "" }
        }
        return lines.compactMap { line in
            let parts = line.split(separator: " ")
            return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
        }
    }

    /// `sendrecv`, `sendonly`, `recvonly` or `inactive` (RFC 8866 §6.7).
    package func direction(in session: SessionDescription) -> String {
        let known: Set<String> = ["sendrecv", "sendonly", "recvonly", "inactive"]
        return attributes.first { known.contains($0.name) }?.name
            ?? session.attributes.first { known.contains($0.name) }?.name ?? "sendrecv"
    }

    package var candidates: [Candidate] { values("candidate").compactMap(Candidate.init) }

    // MARK: - Formats

    package var rtpMaps: [RTPMap] { values("rtpmap").compactMap(RTPMap.init) }

    /// The format parameters of a payload type as they stand.
    package func fmtp(for payloadType: UInt8) -> String? {
        let prefix = "\(payloadType) "
        return values("fmtp").first { $0.hasPrefix(prefix) }.map {
            String($0.dropFirst(prefix.count))
        }
    }

    /// The format parameters of a payload type, `name=value;…`, names in lower case.
    package func fmtpParameters(for payloadType: UInt8) -> [String: String] {
        var parameters: [String: String] = [:]
        for part in (fmtp(for: payloadType) ?? "").split(separator: ";") {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard let name = pair.first?.trimmed, !name.isEmpty else { continue }
            parameters[name.lowercased()] = pair.count == 2 ? pair[1].trimmed : ""
        }
        return parameters
    }

    /// The feedback that a payload type may use (RFC 4585 §4.2), `*` included.
    package func feedback(for payloadType: UInt8) -> [String] {
        values("rtcp-fb").compactMap { line in
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, parts[0] == "*" || parts[0] == String(payloadType) else {
                return nil
            }
            return parts[1].trimmed
        }
    }

    /// Header extensions (RFC 8285 §5).
    package var extmaps: [(id: Int, direction: String?, uri: String)] {
        values("extmap").compactMap { line in
            let parts = line.split(separator: " ")
            let number = (parts.first ?? "").split(separator: "/")
            guard parts.count >= 2, let id = Int(number.first ?? "") else { return nil }
            return (id, number.count == 2 ? String(number[1]) : nil, String(parts[1]))
        }
    }

    // MARK: - Sources

    /// `a=ssrc` lines (RFC 5576 §4.1).
    package var ssrcs: [(ssrc: UInt32, attribute: String, value: String)] {
        values("ssrc").compactMap { line in
            let parts = line.split(separator: " ", maxSplits: 1)
            guard let ssrc = UInt32(parts.first ?? "") else { return nil }
            let attribute = Attribute(parsing: parts.count == 2 ? parts[1] : "")
            return (ssrc, attribute.name, attribute.value ?? "")
        }
    }

    /// `a=ssrc-group` lines (RFC 5576 §4.2).
    package var ssrcGroups: [(semantics: String, ssrcs: [UInt32])] {
        values("ssrc-group").map { line in
            let parts = line.split(separator: " ")
            return (String(parts.first ?? ""), parts.dropFirst().compactMap { UInt32($0) })
        }
    }

    /// The rids that the section's simulcast sends (RFC 8853 §5.1), of alternatives the first;
    /// paused ones (`~`) included. Empty without simulcast.
    package var simulcastSend: [String] {
        let words = (value("simulcast") ?? "").split(separator: " ")
        guard let position = words.firstIndex(of: "send"), position + 1 < words.count else {
            return []
        }
        return words[position + 1].split(separator: ";").compactMap { alternatives in
            alternatives.split(separator: ",").first.map {
                String($0.hasPrefix("~") ? $0.dropFirst() : $0)
            }
        }
    }
}

/// `a=rtpmap` (RFC 8866 §6.6).
package struct RTPMap: Hashable, Sendable {
    package var payloadType: UInt8
    package var encoding: String
    package var clockRate: Int
    package var channels: Int

    init?(_ value: String) {
        let parts = value.split(separator: " ")
        guard parts.count == 2, let number = UInt8(parts[0]), number < 128 else { return nil }
        let format = parts[1].split(separator: "/")
        guard format.count >= 2, let clockRate = Int(format[1]) else { return nil }
        payloadType = number
        encoding = String(format[0])
        self.clockRate = clockRate
        channels = format.count > 2 ? Int(format[2]) ?? 1 : 1
    }
}

/// `a=candidate` (RFC 8839 §5.1).
package struct Candidate: Hashable, Sendable {
    package var foundation: String
    package var component: Int
    /// In lower case.
    package var transport: String
    package var priority: UInt32
    /// An address, or a name such as `….local`.
    package var address: String
    package var port: Int
    /// `host`, `srflx`, `prflx` or `relay`.
    package var type: String

    package init?(_ value: String) {
        let parts = value.split(separator: " ").map(String.init)
        guard parts.count >= 8, parts[6] == "typ", let component = Int(parts[1]),
            let priority = UInt32(parts[3]), let port = Int(parts[5]),
            (0...65_535).contains(port)
        else { return nil }
        foundation = parts[0]
        self.component = component
        transport = parts[2].lowercased()
        self.priority = priority
        address = parts[4]
        self.port = port
        type = parts[7]
    }
}

extension Substring {
    fileprivate var trimmed: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
