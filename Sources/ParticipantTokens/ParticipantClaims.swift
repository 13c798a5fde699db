package import Primitives

/// What a participant token says, verified.
package struct ParticipantClaims: Hashable, Sendable {
    package enum Capability: String, Hashable, Codable, Sendable, CaseIterable {
        case publish = "PUBLISH"
        case subscribe = "SUBSCRIBE"
    }

    package var participant: ParticipantID
    package var stage: StageID
    package var stageARN: String
    package var eventsURL: String
    package var whipURL: String
    package var userID: String?
    package var attributes: [String: String]
    package var capabilities: Set<Capability>
    package var issuedAt: WallTime
    package var expiresAt: WallTime

    package init(
        participant: ParticipantID, stage: StageID, stageARN: String, eventsURL: String,
        whipURL: String, userID: String? = nil, attributes: [String: String] = [:],
        capabilities: Set<Capability>, issuedAt: WallTime, expiresAt: WallTime
    ) {
        self.participant = participant
        self.stage = stage
        self.stageARN = stageARN
        self.eventsURL = eventsURL
        self.whipURL = whipURL
        self.userID = userID
        self.attributes = attributes
        self.capabilities = capabilities
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
    }
}

/// Why a token was refused.
package enum TokenViolation: Error, Hashable, Sendable {
    /// Not a token of ours: unreadable, another algorithm than ES384, an unknown key or a wrong
    /// signature, a missing or impossible claim. Says which.
    case malformed(String)
    case expired(at: WallTime)
}

/// Verifies tokens. Implemented by ``TokenAuthority``; a test may stand in.
package protocol TokenVerifier: Sendable {
    /// - Parameter now: the time to check `exp` against, with 30 s of leeway for skewed clocks.
    func verify(_ token: String, at now: WallTime) async throws(TokenViolation)
        -> ParticipantClaims
}
