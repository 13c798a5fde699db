package import Primitives

/// A stage as it is stored. API shapes are made from it; it knows no AWS name but the ARN.
package struct StageRecord: Hashable, Codable, Sendable {
    package var id: StageID
    package var arn: String
    /// The order of creation, unique and rising; 0 until stored.
    package var position: Int64
    package var name: String
    package var tags: [String: String]
    /// The `autoParticipantRecordingConfiguration` as normalised JSON; `nil` when never given.
    package var autoParticipantRecording: String?
    package var createdAt: WallTime

    package init(
        id: StageID, arn: String, position: Int64 = 0, name: String, tags: [String: String],
        autoParticipantRecording: String? = nil, createdAt: WallTime
    ) {
        self.id = id
        self.arn = arn
        self.position = position
        self.name = name
        self.tags = tags
        self.autoParticipantRecording = autoParticipantRecording
        self.createdAt = createdAt
    }
}

/// A stage session: from the first participant's arrival until some time after the last has gone.
package struct SessionRecord: Hashable, Codable, Sendable {
    package var id: StageSessionID
    package var stage: StageID
    package var startedAt: WallTime
    /// `nil` while the session goes on.
    package var endedAt: WallTime?

    package init(
        id: StageSessionID, stage: StageID, startedAt: WallTime, endedAt: WallTime? = nil
    ) {
        self.id = id
        self.stage = stage
        self.startedAt = startedAt
        self.endedAt = endedAt
    }
}

/// A participant of one session. A participant that was disconnected by the backend before it ever
/// joined has no session.
package struct ParticipantRecord: Hashable, Codable, Sendable {
    package var id: ParticipantID
    package var stage: StageID
    package var session: StageSessionID?
    package var userID: String
    package var attributes: [String: String]
    package var isConnected: Bool
    /// Whether it *ever* published in this session.
    package var hasPublished: Bool
    package var firstJoinedAt: WallTime?
    /// `DisconnectParticipant` was called: its token is dead.
    package var isRevoked: Bool
    package var client: ClientFacts

    package init(
        id: ParticipantID, stage: StageID, session: StageSessionID? = nil, userID: String = "",
        attributes: [String: String] = [:], isConnected: Bool = false, hasPublished: Bool = false,
        firstJoinedAt: WallTime? = nil, isRevoked: Bool = false, client: ClientFacts = ClientFacts()
    ) {
        self.id = id
        self.stage = stage
        self.session = session
        self.userID = userID
        self.attributes = attributes
        self.isConnected = isConnected
        self.hasPublished = hasPublished
        self.firstJoinedAt = firstJoinedAt
        self.isRevoked = isRevoked
        self.client = client
    }
}

/// What a client's HTTP request says about it; best effort, each at most 128 characters.
package struct ClientFacts: Hashable, Codable, Sendable {
    package var osName: String
    package var osVersion: String
    package var browserName: String
    package var browserVersion: String

    package init(
        osName: String = "", osVersion: String = "", browserName: String = "",
        browserVersion: String = ""
    ) {
        self.osName = osName
        self.osVersion = osVersion
        self.browserName = browserName
        self.browserVersion = browserVersion
    }
}

/// Something that happened to a participant.
package struct ParticipantEventRecord: Hashable, Codable, Sendable {
    package var stage: StageID
    package var session: StageSessionID
    package var participant: ParticipantID
    /// `JOINED`, `PUBLISH_STARTED`, …
    package var name: String
    package var time: WallTime
    package var remoteParticipant: ParticipantID?
    package var errorCode: String?

    package init(
        stage: StageID, session: StageSessionID, participant: ParticipantID, name: String,
        time: WallTime, remoteParticipant: ParticipantID? = nil, errorCode: String? = nil
    ) {
        self.stage = stage
        self.session = session
        self.participant = participant
        self.name = name
        self.time = time
        self.remoteParticipant = remoteParticipant
        self.errorCode = errorCode
    }
}
