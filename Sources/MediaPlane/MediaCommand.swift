package import Forwarding
package import ICE
package import MediaSecurity
package import Peering
package import Primitives
package import RTP
package import Signalling

/// What the control plane tells a worker.
package enum MediaCommand: Sendable {
    case add(PeerSetup)
    case remove(ResourceID)
    case replicate(MediaReplication)
    case stopReplicating(MediaReplication)
    case restartICE(ResourceID, local: ICECredentials, remote: ICECredentials)
    /// See ``Signalling/MediaControl/setForwarding(of:on:audio:video:)``.
    case setForwarding(ParticipantID, StageID, Forwarded)
    /// See ``Signalling/MediaControl/setWish(_:of:for:)``.
    case setWish(PictureWish, of: ParticipantID, for: ResourceID)

    /// See ``Signalling/MediaControl/setTold(_:ofWantedLayers:)``.
    case setTold(ResourceID, Bool)

    // What workers tell each other.

    /// A publisher that another worker has: see ``MediaWorker/addMirror(_:home:at:)``.
    case mirror(PeerSetup, home: Int)
    case unmirror(ResourceID)
    /// A mirror wants the publisher's packets from now on, or no longer.
    case listen(ResourceID, Listener, Bool)
    /// The layers of a publisher's picture that a worker's viewers get, or wait for.
    case watchLayers(ResourceID, LayerSet, by: Int)
    /// Layers that a publisher's host was told to stop, or to send again.
    case holdLayers(ResourceID, [HeldLayer])
    /// Whether a publisher is among those whose sound is passed on: to its home, and from there.
    case setLoud(ResourceID, Bool)
    /// The levels of a publisher's sound are heard there.
    case hear(ResourceID, Listener)
    /// Who has spoken on a stage, the latest first.
    case rankSpeakers([ParticipantID], on: StageID)
    case wishKeyframe(SSRC, of: ResourceID)
    /// Datagrams from an address belong to a peer of that worker, or to nobody any more.
    case route(TransportAddress, to: Int)
    case unroute(TransportAddress)
}

/// How much a worker holds. What is beyond is refused.
package struct MediaCapacity: Hashable, Sendable {
    package var peers: Int
    package var streams: Int

    package init(peers: Int = Limits.peers, streams: Int = Limits.streams) {
        self.peers = peers
        self.streams = streams
    }
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

extension PeerSetup {
    /// Places that the peer may take in the worker's table of streams: one for each layer.
    package var streams: Int {
        guard case .publisher(let tracks) = role else { return 0 }
        return tracks.reduce(0) { $0 + max(1, $1.rids.count) }
    }

    /// What the peer gives a worker to do, in tracks that are sent or received.
    var load: Int {
        switch role {
        case .publisher: streams
        case .viewer(let slots): slots.count
        }
    }
}
