package import ICE
package import MediaSecurity
package import Peering
package import Primitives
package import Signalling

/// What the control plane tells a worker.
package enum MediaCommand: Sendable {
    case add(PeerSetup)
    case remove(ResourceID)
    case restartICE(ResourceID, local: ICECredentials, remote: ICECredentials)
}

/// Everything a worker needs for a new peer: the outcome of a negotiation.
package struct PeerSetup: Sendable {
    package enum Role: Sendable {
        case publisher([PublishedTrack])
        case viewer([SubscribeNegotiation.Slot])
    }

    /// How the peer's media is secured.
    package enum Security: Sendable {
        case dtls(Fingerprint)
        /// For simulations: see ``SecureTransport/init(presharedKeys:)``.
        case presharedKeys(SRTPKeyingMaterial)
    }

    package var session: MediaSession
    package var local: ICECredentials
    package var remote: ICECredentials
    package var security: Security
    package var role: Role

    package init(
        session: MediaSession, local: ICECredentials, remote: ICECredentials, security: Security,
        role: Role
    ) {
        self.session = session
        self.local = local
        self.remote = remote
        self.security = security
        self.role = role
    }
}
