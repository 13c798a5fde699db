/// Who may send (RFC 8866 §6.7).
package enum Direction: String, Hashable, Sendable, CaseIterable {
    case sendrecv, sendonly, recvonly, inactive

    package var sends: Bool { self == .sendrecv || self == .sendonly }
    package var receives: Bool { self == .sendrecv || self == .recvonly }

    /// The same seen from the other side.
    package var reversed: Direction {
        switch self {
        case .sendonly: .recvonly
        case .recvonly: .sendonly
        case .sendrecv, .inactive: self
        }
    }
}

/// The role in the DTLS handshake (RFC 4145 §4, RFC 8842 §5.3).
package enum Setup: String, Hashable, Sendable {
    case active, passive, actpass, holdconn
}

/// The hash of a certificate (RFC 8122 §5).
package struct FingerprintAttribute: Hashable, Sendable {
    /// In lower case: `sha-256`.
    package var hash: String
    /// Pairs of hexadecimal digits in upper case, with colons between.
    package var value: String

    package init(hash: String, value: String) {
        self.hash = hash
        self.value = value
    }

    init?(parsing text: String) {
        let words = text.words
        guard words.count == 2 else { return nil }
        self.init(hash: words[0].lowercased(), value: words[1].uppercased())
    }
}

/// What a session and a media section may both say about the transport.
extension AttributeList {
    package var iceUfrag: String? { value(of: "ice-ufrag") }
    package var icePwd: String? { value(of: "ice-pwd") }
    package var setup: Setup? { value(of: "setup").flatMap { Setup(rawValue: $0.trimmed) } }
    package var fingerprints: [FingerprintAttribute] {
        values(of: "fingerprint").compactMap { FingerprintAttribute(parsing: $0) }
    }

    /// The direction that is written on this level; `nil` when none is.
    package var ownDirection: Direction? {
        for attribute in attributes where attribute.value == nil {
            if let direction = Direction(rawValue: attribute.name) { return direction }
        }
        return nil
    }
}

extension MediaDescription {
    /// The identification tag of the section (RFC 5888 §4).
    package var mid: String? { value(of: "mid").map { $0.trimmed } }
    package var rtcpMux: Bool { has("rtcp-mux") }
    package var rtcpReducedSize: Bool { has("rtcp-rsize") }
    /// True for a section that takes no part: its port is zero, and it is not `bundle-only`.
    package var isRejected: Bool { port == 0 && !has("bundle-only") }

    /// The section's direction, else the session's, else `sendrecv` (RFC 8866 §6.7).
    package func direction(in session: SessionDescription) -> Direction {
        ownDirection ?? session.ownDirection ?? .sendrecv
    }

    /// The section's direction without a session to fall back to.
    package var direction: Direction { ownDirection ?? .sendrecv }

    package func iceUfrag(in session: SessionDescription) -> String? {
        iceUfrag ?? session.iceUfrag
    }

    package func icePwd(in session: SessionDescription) -> String? {
        icePwd ?? session.icePwd
    }

    package func setup(in session: SessionDescription) -> Setup? {
        setup ?? session.setup
    }

    package func fingerprints(in session: SessionDescription) -> [FingerprintAttribute] {
        let own = fingerprints
        return own.isEmpty ? session.fingerprints : own
    }
}
