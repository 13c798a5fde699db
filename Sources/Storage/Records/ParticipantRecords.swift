package import Primitives

/// A participant of one session. A participant that was disconnected by the backend before it ever
/// joined has no session.
package struct ParticipantRecord: Hashable, Codable, Sendable {
    package var id: ParticipantID
    package var stage: StageID
    package var session: StageSessionID?
    /// The order of first joining the session, unique and rising; 0 until stored.
    package var position: Int64
    package var userID: String
    package var attributes: [String: String]
    package var isConnected: Bool
    /// Whether it *ever* published in this session.
    package var hasPublished: Bool
    package var firstJoinedAt: WallTime?
    /// `DisconnectParticipant` was called: its token is dead.
    package var isRevoked: Bool
    package var client: ClientFacts
    /// `STARTING`, `ACTIVE`, …; empty when it is not recorded.
    package var recordingState: String
    package var replication: ReplicationFacts?
    /// The ingest configuration that it came in by.
    package var ingestConfigurationARN: String?

    package init(
        id: ParticipantID, stage: StageID, session: StageSessionID? = nil, position: Int64 = 0,
        userID: String = "", attributes: [String: String] = [:], isConnected: Bool = false,
        hasPublished: Bool = false, firstJoinedAt: WallTime? = nil, isRevoked: Bool = false,
        client: ClientFacts = ClientFacts(), recordingState: String = "",
        replication: ReplicationFacts? = nil, ingestConfigurationARN: String? = nil
    ) {
        self.id = id
        self.stage = stage
        self.session = session
        self.position = position
        self.userID = userID
        self.attributes = attributes
        self.isConnected = isConnected
        self.hasPublished = hasPublished
        self.firstJoinedAt = firstJoinedAt
        self.isRevoked = isRevoked
        self.client = client
        self.recordingState = recordingState
        self.replication = replication
        self.ingestConfigurationARN = ingestConfigurationARN
    }
}

/// What a client's HTTP request says about it; best effort, each at most 128 characters.
package struct ClientFacts: Hashable, Codable, Sendable {
    package var osName: String
    package var osVersion: String
    package var browserName: String
    package var browserVersion: String
    /// The name and version of a client that is no browser.
    package var sdkVersion: String
    /// How it published or came: `WHIP`, `RTMP`, `RTMPS`; empty when not known.
    package var protocolName: String

    package init(
        osName: String = "", osVersion: String = "", browserName: String = "",
        browserVersion: String = "", sdkVersion: String = "", protocolName: String = ""
    ) {
        self.osName = osName
        self.osVersion = osVersion
        self.browserName = browserName
        self.browserVersion = browserVersion
        self.sdkVersion = sdkVersion
        self.protocolName = protocolName
    }

    /// What an earlier version wrote has fewer members.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func text(_ key: CodingKeys) throws -> String {
            try container.decodeIfPresent(String.self, forKey: key) ?? ""
        }
        osName = try text(.osName)
        osVersion = try text(.osVersion)
        browserName = try text(.browserName)
        browserVersion = try text(.browserVersion)
        sdkVersion = try text(.sdkVersion)
        protocolName = try text(.protocolName)
    }
}

/// That a participant is copied to another stage, or is such a copy.
package struct ReplicationFacts: Hashable, Codable, Sendable {
    package enum Role: String, Hashable, Codable, Sendable {
        case source = "SOURCE"
        case replica = "REPLICA"
    }

    package var role: Role
    package var isActive: Bool
    /// Where a replica comes from; `nil` for the source itself.
    package var sourceStage: StageID?
    package var sourceSession: StageSessionID?

    package init(
        role: Role, isActive: Bool, sourceStage: StageID? = nil,
        sourceSession: StageSessionID? = nil
    ) {
        self.role = role
        self.isActive = isActive
        self.sourceStage = sourceStage
        self.sourceSession = sourceSession
    }
}

/// Which participants of a session are wanted.
package struct ParticipantQuery: Hashable, Sendable {
    package enum Filter: Hashable, Sendable {
        case userID(String)
        case hasPublished(Bool)
        case isConnected(Bool)
        case recordingState(String)
    }

    package var stage: StageID
    package var session: StageSessionID
    package var filter: Filter?

    package init(stage: StageID, session: StageSessionID, filter: Filter? = nil) {
        self.stage = stage
        self.session = session
        self.filter = filter
    }
}

/// A publisher of one stage that is seen on another one.
package struct ReplicationRecord: Hashable, Codable, Sendable {
    package var participant: ParticipantID
    package var sourceStage: StageID
    package var sourceSession: StageSessionID
    package var destinationStage: StageID
    package var destinationSession: StageSessionID
    /// The order of beginning, unique and rising; 0 until stored. One that begins again after it
    /// has ended replaces its record and keeps its place.
    package var position: Int64
    /// What is laid over the source's attributes.
    package var attributes: [String: String]
    package var reconnectWindowSeconds: Int
    package var isActive: Bool
    package var startedAt: WallTime
    package var endedAt: WallTime?

    package init(
        participant: ParticipantID, sourceStage: StageID, sourceSession: StageSessionID,
        destinationStage: StageID, destinationSession: StageSessionID, position: Int64 = 0,
        attributes: [String: String] = [:], reconnectWindowSeconds: Int = 0, isActive: Bool = true,
        startedAt: WallTime, endedAt: WallTime? = nil
    ) {
        self.participant = participant
        self.sourceStage = sourceStage
        self.sourceSession = sourceSession
        self.destinationStage = destinationStage
        self.destinationSession = destinationSession
        self.position = position
        self.attributes = attributes
        self.reconnectWindowSeconds = reconnectWindowSeconds
        self.isActive = isActive
        self.startedAt = startedAt
        self.endedAt = endedAt
    }
}

/// Which replications are wanted: every condition that is given must hold. A replication is named by
/// its participant, source and destination; there is one record of each.
package struct ReplicationQuery: Hashable, Sendable {
    package var participant: ParticipantID?
    package var sourceStage: StageID?
    package var destinationStage: StageID?
    package var isActive: Bool?

    package init(
        participant: ParticipantID? = nil, sourceStage: StageID? = nil,
        destinationStage: StageID? = nil, isActive: Bool? = nil
    ) {
        self.participant = participant
        self.sourceStage = sourceStage
        self.destinationStage = destinationStage
        self.isActive = isActive
    }
}
