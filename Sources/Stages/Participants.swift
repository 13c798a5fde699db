package import Primitives

/// Who asks, as its token and the stored past say.
package struct ParticipantIdentity: Hashable, Sendable {
    package var id: ParticipantID
    package var userID: String
    package var attributes: [String: String]
    package var canPublish: Bool
    package var canSubscribe: Bool
    /// When its token runs out; that ejects nobody who is here.
    package var expiresAt: WallTime
    /// What is stored about it, so that coming back within one session changes neither the time of
    /// its first joining nor that it has published.
    package var past: ParticipantPast?

    package init(
        id: ParticipantID, userID: String = "", attributes: [String: String] = [:],
        canPublish: Bool = true, canSubscribe: Bool = true,
        expiresAt: WallTime = WallTime(unixSeconds: 0), past: ParticipantPast? = nil
    ) {
        self.id = id
        self.userID = userID
        self.attributes = attributes
        self.canPublish = canPublish
        self.canSubscribe = canSubscribe
        self.expiresAt = expiresAt
        self.past = past
    }
}

/// The stored past of a participant.
package struct ParticipantPast: Hashable, Sendable {
    package var session: StageSessionID?
    package var firstJoinedAt: WallTime?
    package var hasPublished: Bool
    package var replication: ReplicationStatus?

    package init(
        session: StageSessionID?, firstJoinedAt: WallTime?, hasPublished: Bool,
        replication: ReplicationStatus? = nil
    ) {
        self.session = session
        self.firstJoinedAt = firstJoinedAt
        self.hasPublished = hasPublished
        self.replication = replication
    }
}

/// A session of a stage.
package struct SessionReference: Hashable, Sendable {
    package var stage: StageID
    package var session: StageSessionID

    package init(stage: StageID, session: StageSessionID) {
        self.stage = stage
        self.session = session
    }
}

/// A participant's part in replication.
package enum ReplicationStatus: Hashable, Sendable {
    /// It is copied to other stages, or was in this session.
    case source(isActive: Bool)
    /// It is a copy of a publisher there, or was.
    case replica(of: SessionReference, isActive: Bool)
}

/// What is to be stored about a participant: the whole of it, replacing what was there.
package struct ParticipantStatus: Hashable, Sendable {
    package var id: ParticipantID
    /// `nil` for one that was revoked before it ever joined.
    package var session: StageSessionID?
    package var userID: String
    package var attributes: [String: String]
    package var isConnected: Bool
    package var hasPublished: Bool
    package var firstJoinedAt: WallTime?
    package var isRevoked: Bool
    package var replication: ReplicationStatus?

    package init(
        id: ParticipantID, session: StageSessionID?, userID: String = "",
        attributes: [String: String] = [:], isConnected: Bool = false, hasPublished: Bool = false,
        firstJoinedAt: WallTime? = nil, isRevoked: Bool = false,
        replication: ReplicationStatus? = nil
    ) {
        self.id = id
        self.session = session
        self.userID = userID
        self.attributes = attributes
        self.isConnected = isConnected
        self.hasPublished = hasPublished
        self.firstJoinedAt = firstJoinedAt
        self.isRevoked = isRevoked
        self.replication = replication
    }
}

/// An events socket, by a number that is never used again.
package struct SocketID: Hashable, Sendable {
    package var rawValue: UInt64
    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
}

/// What a WHIP or WHEP session is for.
package enum ResourceKind: Hashable, Sendable {
    case publication
    case subscription(to: ParticipantID)
    case stageSubscription

    package var isPublication: Bool { self == .publication }
}
