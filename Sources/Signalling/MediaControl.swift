package import Primitives

/// What the control plane asks of the media plane. Implemented by `MediaPlane`; the API never sees a
/// thread, and the media plane never sees HTTP.
package protocol MediaControl: Sendable {
    /// Negotiates an offer and creates the peer connection.
    func open(_ session: MediaSession, offer: String) async throws(MediaRejection) -> MediaAnswer

    /// Applies an `application/trickle-ice-sdpfrag` body: trickled candidates, or an ICE restart
    /// when it carries new credentials (RFC 9725 §4.3).
    func patch(_ resource: ResourceID, fragment: String) async throws(MediaRejection) -> MediaPatch

    /// Ends a peer connection. Unknown ids are ignored: it may just have ended itself.
    func close(_ resource: ResourceID) async

    /// What of a participant's media is passed on to the subscribers of that stage, from now on and
    /// in its later publications there too. Everything, until this says otherwise.
    func setForwarding(
        of publisher: ParticipantID, on stage: StageID, audio: Bool, video: Bool) async

    /// How a viewer's session is to get a publisher's picture from now on, also one that comes later.
    func setWish(
        _ wish: PictureWish, of publisher: ParticipantID, for resource: ResourceID) async

    /// Whether the client that publishes is told which of its layers are wanted (``MediaReport/wantedLayers(_:_:)``)
    /// from now on. Only of one that is, a layer is held that nobody watches.
    func setTold(_ resource: ResourceID, ofWantedLayers isTold: Bool) async

    /// Shows a publisher of one stage on another one too, under the same id: now if it publishes,
    /// and whenever it does, until ``stopReplicating(_:)``. Somebody who publishes there under that
    /// id takes its place.
    func replicate(_ replication: MediaReplication) async

    /// Ends a replication. One that is not known is ignored.
    func stopReplicating(_ replication: MediaReplication) async

    /// What happens on the media plane, batched. One consumer.
    var reports: AsyncStream<[MediaReport]> { get }
}

/// One WHIP or WHEP session, as the media plane must know it.
package struct MediaSession: Hashable, Sendable {
    package enum Direction: Hashable, Sendable {
        case publish
        /// One publisher's audio and video.
        case subscribe(to: ParticipantID)
        /// Every publisher of the stage, in slots.
        case subscribeToStage
    }

    package var resource: ResourceID
    package var stage: StageID
    package var participant: ParticipantID
    package var direction: Direction

    package init(
        resource: ResourceID, stage: StageID, participant: ParticipantID, direction: Direction
    ) {
        self.resource = resource
        self.stage = stage
        self.participant = participant
        self.direction = direction
    }
}

/// A publisher of one stage that is seen on another one.
package struct MediaReplication: Hashable, Sendable {
    package var participant: ParticipantID
    package var source: StageID
    package var destination: StageID

    package init(participant: ParticipantID, source: StageID, destination: StageID) {
        self.participant = participant
        self.source = source
        self.destination = destination
    }
}

package struct MediaAnswer: Hashable, Sendable {
    package var sdp: String
    /// A strong entity tag, quotes included, that names the current ICE session (RFC 9725 §4.3.1).
    package var entityTag: String

    package init(sdp: String, entityTag: String) {
        self.sdp = sdp
        self.entityTag = entityTag
    }
}

package enum MediaPatch: Hashable, Sendable {
    /// Candidates were taken; nothing to say (204).
    case accepted
    /// ICE was restarted: the server's new credentials and candidates as an SDP fragment (200).
    case restarted(fragment: String, entityTag: String)
}

package enum MediaRejection: Error, Hashable, Sendable {
    /// Not an SDP, or one that cannot be used; says what is wrong.
    case malformedOffer(String)
    /// No codec in common: 422 with both lists.
    case noCommonCodec(offered: [String], supported: [String])
    case noSuchPublisher(ParticipantID)
    case noSuchResource
    /// The media plane is full or shutting down.
    case unavailable(String)
}

/// What the media plane tells the control plane.
package enum MediaReport: Hashable, Sendable {
    /// ICE and DTLS are up.
    case connected(ResourceID)
    /// Media of a publisher arrives (the first packet of its first track).
    case publishStarted(ResourceID, ParticipantID)
    /// Media flows to a subscriber from that publisher, or no longer does.
    case subscribeStarted(ResourceID, to: ParticipantID)
    case subscribeStopped(ResourceID, to: ParticipantID)
    /// The layers that arrive from a publisher, best first, whenever the set or its sizes change,
    /// and every few seconds.
    case layers(ResourceID, [LayerReport])
    /// Which layers of its picture a host is to send, all of them, whenever that changes. Until it does it
    /// is to send all.
    case wantedLayers(ResourceID, [WantedLayer])
    /// The slots of a whole-stage subscription changed.
    case slots(ResourceID, [SlotReport])
    /// A viewer gets another layer of a publisher's picture than before, or its first; `nil`: it is
    /// paused. Sent once per change, with the keyframe that the layer starts with.
    case layer(ResourceID, of: ParticipantID, layer: String?, LayerReason)
    /// Who has the floor on a stage, and who speaks now; when either changes.
    case speakers(StageID, active: ParticipantID?, speaking: [ParticipantID])
    /// Every few seconds for each connected peer.
    case latency(ResourceID, LatencyReport)
    /// The peer is gone, for a reason that was not ``MediaControl/close(_:)``.
    case ended(ResourceID, EndReason)
}

package enum EndReason: String, Hashable, Sendable {
    /// ICE or DTLS never came up.
    case connectTimeout
    /// ICE consent ran out (RFC 7675).
    case consentExpired
    /// The peer closed its DTLS association.
    case closedByPeer
    /// The handshake failed: another certificate than the SDP's fingerprint, or a broken peer.
    case handshakeFailed
    /// The publisher that this subscription was for has ended.
    case publisherEnded
    /// The media plane holds as many peers or streams as it may.
    case atCapacity
}

package struct LayerReport: Hashable, Sendable {
    /// `rid` of the layer; empty for a single stream.
    package var rid: String
    package var kind: MediaKind
    package var codec: String
    package var bitsPerSecond: Int64
    /// 0 when not known yet (or for sound).
    package var width: Int
    package var height: Int
    package var framesPerSecond: Double

    package init(
        rid: String, kind: MediaKind, codec: String, bitsPerSecond: Int64, width: Int, height: Int,
        framesPerSecond: Double
    ) {
        self.rid = rid
        self.kind = kind
        self.codec = codec
        self.bitsPerSecond = bitsPerSecond
        self.width = width
        self.height = height
        self.framesPerSecond = framesPerSecond
    }
}

/// Whether a host is to send a layer.
package struct WantedLayer: Hashable, Sendable {
    /// `rid` of the layer; empty for a picture that is sent once.
    package var rid: String
    package var kind: MediaKind
    package var isActive: Bool

    package init(rid: String, kind: MediaKind, isActive: Bool) {
        self.rid = rid
        self.kind = kind
        self.isActive = isActive
    }
}

package enum MediaKind: String, Hashable, Sendable, Codable {
    case audio
    case video
}

/// What a receive slot of a whole-stage subscription carries now.
package struct SlotReport: Hashable, Sendable {
    package var mid: String
    package var kind: MediaKind
    /// `nil`: the slot is free.
    package var participant: ParticipantID?
    /// The `rid` of the layer that is forwarded; empty for a single stream and for sound.
    package var layer: String

    package init(mid: String, kind: MediaKind, participant: ParticipantID?, layer: String) {
        self.mid = mid
        self.kind = kind
        self.participant = participant
        self.layer = layer
    }
}

/// The legs of the latency budget that the server can see for one peer.
package struct LatencyReport: Hashable, Sendable {
    /// Round-trip time from RTCP: of a viewer from its receiver reports (RFC 3550 §6.4.1), of a host
    /// from its echoes of our reference time (RFC 3611 §4.5); `nil` before the first. The one-way
    /// leg is taken as half of it.
    package var roundTrip: Duration?
    /// Kernel receive timestamp to send, median and 99th percentile since the last report.
    package var serverMedian: Duration?
    package var serverP99: Duration?
    /// How much of it packets were kept back on purpose, the median; `nil` while that is not known.
    package var pacerMedian: Duration?
    /// The share of packets that were lost on the way since the last report, 0...1: of a host's
    /// as they were received, of a viewer's as it says.
    package var fractionLost: Double?
    /// `nil` while nothing is known of the peer's network.
    package var networkQuality: NetworkQuality?

    package init(
        roundTrip: Duration? = nil, serverMedian: Duration? = nil, serverP99: Duration? = nil,
        pacerMedian: Duration? = nil, fractionLost: Double? = nil,
        networkQuality: NetworkQuality? = nil
    ) {
        self.roundTrip = roundTrip
        self.serverMedian = serverMedian
        self.serverP99 = serverP99
        self.pacerMedian = pacerMedian
        self.fractionLost = fractionLost
        self.networkQuality = networkQuality
    }
}
