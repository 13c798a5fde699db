/// An ICE candidate (RFC 8839 §5.1).
package struct Candidate: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
        case host, srflx, prflx, relay
    }

    package var foundation: String
    /// 1 for RTP (and for everything, with rtcp-mux), 2 for RTCP.
    package var component: Int
    /// In lower case: `udp` or `tcp`.
    package var transport: String
    package var priority: UInt32
    /// An IP address, or a name such as `<uuid>.local`.
    package var address: String
    package var port: UInt16
    package var type: Kind
    /// The base of a candidate that is not of type host.
    package var relatedAddress: String?
    package var relatedPort: UInt16?
    /// `active`, `passive` or `so`, with TCP (RFC 6544 §4.5).
    package var tcpType: String?
    /// The ICE session that the candidate belongs to, where it says so.
    package var ufrag: String?

    package init(
        foundation: String, component: Int = 1, transport: String = "udp", priority: UInt32,
        address: String, port: UInt16, type: Kind = .host, relatedAddress: String? = nil,
        relatedPort: UInt16? = nil, tcpType: String? = nil, ufrag: String? = nil
    ) {
        self.foundation = foundation
        self.component = component
        self.transport = transport
        self.priority = priority
        self.address = address
        self.port = port
        self.type = type
        self.relatedAddress = relatedAddress
        self.relatedPort = relatedPort
        self.tcpType = tcpType
        self.ufrag = ufrag
    }

    /// Reads what stands behind `a=candidate:`, or behind `candidate:` in an API. Extensions that
    /// are not known are read over.
    ///
    /// - Returns: `nil` for what is no candidate, or one of an unknown type: it shall be ignored
    ///   (RFC 8839 §5.1).
    package init?(parsing text: String) {
        var words = text.words
        if let first = words.first, first.hasPrefix("candidate:") {
            words[0] = String(first.dropFirst("candidate:".count))
        }
        guard words.count >= 8, words[6] == "typ", let component = UInt8(words[1]),
            (1...32).contains(words[0].utf8.count), let priority = UInt32(words[3]),
            let port = UInt16(words[5]), let type = Kind(rawValue: words[7])
        else { return nil }
        self.init(
            foundation: words[0], component: Int(component), transport: words[2].lowercased(),
            priority: priority, address: words[4], port: port, type: type)
        for index in stride(from: 8, to: words.count - 1, by: 2) {
            readExtension(words[index], words[index + 1])
        }
    }

    private mutating func readExtension(_ name: String, _ value: String) {
        switch name {
        case "raddr": relatedAddress = value
        case "rport": relatedPort = UInt16(value)
        case "tcptype": tcpType = value
        case "ufrag": ufrag = value
        default: break
        }
    }
}

extension Candidate: CustomStringConvertible {
    /// The value as it stands behind `a=candidate:`.
    package var description: String {
        var text = "\(foundation) \(component) \(transport) \(priority) \(address) \(port)"
        text += " typ \(type.rawValue)"
        if let relatedAddress { text += " raddr \(relatedAddress)" }
        if let relatedPort { text += " rport \(relatedPort)" }
        if let tcpType { text += " tcptype \(tcpType)" }
        if let ufrag { text += " ufrag \(ufrag)" }
        return text
    }
}

extension AttributeList {
    package var candidates: [Candidate] {
        values(of: "candidate").compactMap { Candidate(parsing: $0) }
    }

    package var endOfCandidates: Bool { has("end-of-candidates") }
}
