import ParticipantTokens
import Primitives
import Signalling
import Stages
import Storage

// Between the words of the neighbours: tokens, stored records, the stage's own, the socket's.

extension ParticipantIdentity {
    init(_ claims: ParticipantClaims, stored: ParticipantRecord?) {
        self.init(
            id: claims.participant, userID: claims.userID ?? "", attributes: claims.attributes,
            canPublish: claims.capabilities.contains(.publish),
            canSubscribe: claims.capabilities.contains(.subscribe),
            expiresAt: claims.expiresAt,
            past: stored.map(ParticipantPast.init))
    }
}

extension ParticipantPast {
    init(_ record: ParticipantRecord) {
        self.init(
            session: record.session, firstJoinedAt: record.firstJoinedAt,
            hasPublished: record.hasPublished,
            replication: record.replication.flatMap(ReplicationStatus.init))
    }
}

extension ParticipantStatus {
    init(_ record: ParticipantRecord) {
        self.init(
            id: record.id, session: record.session, userID: record.userID,
            attributes: record.attributes, isConnected: record.isConnected,
            hasPublished: record.hasPublished, firstJoinedAt: record.firstJoinedAt,
            isRevoked: record.isRevoked,
            replication: record.replication.flatMap(ReplicationStatus.init))
    }
}

extension ParticipantRecord {
    init(_ status: ParticipantStatus, on stage: StageID, client: ClientFacts) {
        self.init(
            id: status.id, stage: stage, session: status.session, userID: status.userID,
            attributes: status.attributes, isConnected: status.isConnected,
            hasPublished: status.hasPublished, firstJoinedAt: status.firstJoinedAt,
            isRevoked: status.isRevoked, client: client,
            replication: status.replication.map(ReplicationFacts.init))
    }
}

extension ParticipantEventRecord {
    init(_ event: StageEvent, on stage: StageID) {
        self.init(
            stage: stage, session: event.session, participant: event.participant,
            name: event.name.rawValue, time: event.time, remoteParticipant: event.remote,
            errorCode: event.error?.rawValue,
            details: Details(event))
    }
}

extension ParticipantEventRecord.Details {
    /// `nil` for an event that has none.
    fileprivate init?(_ event: StageEvent) {
        self.init(
            destinationStage: event.destination?.stage,
            destinationSession: event.destination?.session,
            isReplica: event.isReplica ? true : nil,
            previousToken: (event.exchange?.previous).map(TokenFacts.init),
            newToken: (event.exchange?.new).map(TokenFacts.init))
        if self == ParticipantEventRecord.Details() { return nil }
    }
}

extension ReplicationFacts {
    fileprivate init(_ status: ReplicationStatus) {
        switch status {
        case .source(let isActive): self.init(role: .source, isActive: isActive)
        case .replica(let origin, let isActive):
            self.init(
                role: .replica, isActive: isActive, sourceStage: origin.stage,
                sourceSession: origin.session)
        }
    }
}

extension ReplicationStatus {
    fileprivate init?(_ facts: ReplicationFacts) {
        switch (facts.role, facts.sourceStage, facts.sourceSession) {
        case (.source, _, _): self = .source(isActive: facts.isActive)
        case (.replica, let stage?, let session?):
            self = .replica(
                of: SessionReference(stage: stage, session: session), isActive: facts.isActive)
        case (.replica, _, _): return nil
        }
    }
}

extension TokenGrant {
    /// `PUBLISH`, `SUBSCRIBE`.
    var capabilities: [String] {
        (canPublish ? [ParticipantClaims.Capability.publish.rawValue] : [])
            + (canSubscribe ? [ParticipantClaims.Capability.subscribe.rawValue] : [])
    }
}

extension TokenFacts {
    fileprivate init(_ grant: TokenGrant) {
        self.init(
            capabilities: grant.capabilities, attributes: grant.attributes, userID: grant.userID,
            expiresAt: grant.expiresAt)
    }
}

extension PublishedLayer {
    init(_ report: LayerReport) {
        self.init(
            rid: report.rid, isVideo: report.kind == .video, codec: report.codec,
            bitsPerSecond: report.bitsPerSecond, width: report.width, height: report.height,
            framesPerSecond: report.framesPerSecond)
    }
}

extension StageStateParticipant {
    init(_ view: ParticipantView) {
        self.init(
            id: view.id, userID: view.userID, attributes: view.attributes,
            isPublishing: view.isPublishing, audioMuted: view.audioMuted,
            videoStopped: view.videoStopped, mutedByModerator: view.mutedByModerator.kinds,
            isReplica: view.isReplica,
            layers: view.layers.map { layer in
                Layer(
                    rid: layer.rid, kind: layer.isVideo ? .video : .audio, codec: layer.codec,
                    bitsPerSecond: layer.bitsPerSecond, width: layer.width, height: layer.height,
                    framesPerSecond: layer.framesPerSecond)
            })
    }
}

extension MutedKinds {
    fileprivate var kinds: [MediaKind] {
        (audio ? [MediaKind.audio] : []) + (video ? [MediaKind.video] : [])
    }
}

extension Dismissal {
    var reason: DisconnectReason {
        switch self {
        case .displaced: .displaced
        case .participantDisconnected: .participantDisconnected
        case .stageDeleted: .stageDeleted
        case .serverShutdown: .serverShutdown
        }
    }

    /// A server that restarts is worth coming back to; the rest are final.
    var closeCode: UInt16 {
        self == .serverShutdown ? SocketCloseCode.goingAway : SocketCloseCode.normal
    }
}
