package import Primitives

/// Something that happened to a participant.
package struct ParticipantEventRecord: Hashable, Codable, Sendable {
    package var stage: StageID
    package var session: StageSessionID
    package var participant: ParticipantID
    /// Unique and rising among the events of the stage; 0 until stored.
    package var position: Int64
    /// `JOINED`, `PUBLISH_STARTED`, …
    package var name: String
    package var time: WallTime
    package var remoteParticipant: ParticipantID?
    package var errorCode: String?
    package var details: Details?

    /// What few events have.
    package struct Details: Hashable, Codable, Sendable {
        package var destinationStage: StageID?
        package var destinationSession: StageSessionID?
        /// The participant, or the remote one of a subscription, is a replica.
        package var isReplica: Bool?
        package var previousToken: TokenFacts?
        package var newToken: TokenFacts?

        package init(
            destinationStage: StageID? = nil, destinationSession: StageSessionID? = nil,
            isReplica: Bool? = nil, previousToken: TokenFacts? = nil, newToken: TokenFacts? = nil
        ) {
            self.destinationStage = destinationStage
            self.destinationSession = destinationSession
            self.isReplica = isReplica
            self.previousToken = previousToken
            self.newToken = newToken
        }
    }

    package init(
        stage: StageID, session: StageSessionID, participant: ParticipantID, position: Int64 = 0,
        name: String, time: WallTime, remoteParticipant: ParticipantID? = nil,
        errorCode: String? = nil, details: Details? = nil
    ) {
        self.stage = stage
        self.session = session
        self.participant = participant
        self.position = position
        self.name = name
        self.time = time
        self.remoteParticipant = remoteParticipant
        self.errorCode = errorCode
        self.details = details
    }
}

/// What a token said, as far as it is kept when it is exchanged.
package struct TokenFacts: Hashable, Codable, Sendable {
    /// `PUBLISH`, `SUBSCRIBE`.
    package var capabilities: [String]
    package var attributes: [String: String]
    package var userID: String
    package var expiresAt: WallTime

    package init(
        capabilities: [String], attributes: [String: String], userID: String, expiresAt: WallTime
    ) {
        self.capabilities = capabilities
        self.attributes = attributes
        self.userID = userID
        self.expiresAt = expiresAt
    }
}
