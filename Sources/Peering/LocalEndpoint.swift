package import ICE
package import MediaSecurity
package import Primitives
package import SDP

/// What this side puts into every description it makes.
package struct LocalEndpoint: Sendable {
    package var credentials: ICECredentials
    package var fingerprint: Fingerprint
    /// Host candidates, best first (RFC 8445 §5.1.1).
    package var candidates: [TransportAddress]
    /// The `o=` line's session id: a number that nobody else uses (RFC 8866 §5.2).
    package var sessionID: UInt64

    package init(
        credentials: ICECredentials, fingerprint: Fingerprint, candidates: [TransportAddress],
        sessionID: UInt64
    ) {
        self.credentials = credentials
        self.fingerprint = fingerprint
        self.candidates = candidates
        self.sessionID = sessionID
    }

    /// The ICE attributes of a media section or of a fragment: credentials and candidates, in every
    /// section, because some clients read only their own.
    package var iceAttributes: [Attribute] { credentialAttributes + candidateAttributes }

    var credentialAttributes: [Attribute] {
        [
            Attribute(name: "ice-ufrag", value: credentials.ufrag),
            Attribute(name: "ice-pwd", value: credentials.password.value),
        ]
    }

    var fingerprintAttribute: Attribute {
        Attribute(name: "fingerprint", value: "\(fingerprint.algorithm) \(fingerprint.value)")
    }

    private var candidateAttributes: [Attribute] {
        candidates.enumerated().map { index, address in
            // RFC 8445 §5.1.2.1: type preference 126 for host candidates, component 1.
            let localPreference = UInt32(65_535 - index)
            let priority = 126 << 24 | localPreference << 8 | 255
            return Attribute(
                name: "candidate",
                value: "\(index + 1) 1 udp \(priority) \(address.host) \(address.port) typ host")
        } + [Attribute(name: "end-of-candidates", value: nil)]
    }
}

/// What the other side's description says about its transport.
package struct RemoteEndpoint: Hashable, Sendable {
    package var credentials: ICECredentials
    package var fingerprint: Fingerprint

    package init(credentials: ICECredentials, fingerprint: Fingerprint) {
        self.credentials = credentials
        self.fingerprint = fingerprint
    }

    /// Reads the transport of the bundle's first section (RFC 9143 §7.1.3), with the session level
    /// as fallback.
    init(_ media: MediaDescription, in session: SessionDescription) throws(NegotiationError) {
        guard let ufrag = media.iceUfrag(in: session), let password = media.icePwd(in: session)
        else { throw .unusable("the offer has no ice-ufrag and ice-pwd") }
        guard ufrag.utf8.count >= 4, ufrag.utf8.count <= 256, password.utf8.count >= 22,
            password.utf8.count <= 256
        else { throw .unusable("ice-ufrag or ice-pwd is too short or too long (RFC 8839 §5.4)") }
        let fingerprints = media.fingerprints(in: session).compactMap {
            Fingerprint(sdpValue: "\($0.hash) \($0.value)")
        }
        guard let fingerprint = fingerprints.first else {
            throw .unusable("the offer has no a=fingerprint with sha-256 or better")
        }
        let setup = media.setup(in: session) ?? .actpass
        guard setup == .actpass || setup == .active else {
            throw .unusable("a=setup:\(setup.rawValue) cannot be answered: offer actpass or active")
        }
        self.init(
            credentials: ICECredentials(ufrag: ufrag, password: Redacted(password)),
            fingerprint: fingerprint)
    }
}
