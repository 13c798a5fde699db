package import Primitives

/// Why a media session is closed from this side while its participant stays.
package enum StageIntervention: Hashable, Sendable {
    /// The shorter side of the picture has so many pixels.
    case resolutionExceeded(Int, limit: Int)
    /// All layers together, in bits a second.
    case bitrateExceeded(Int64, limit: Int64)
    case durationExceeded(limit: Duration)
    /// The backend ended the publication.
    /// - reason: what it said about it; may be empty.
    case unpublished(reason: String)

    /// How it is recorded; `nil` for what is no error.
    package var errorCode: StageEvent.ErrorCode? {
        switch self {
        case .resolutionExceeded: .resolutionExceeded
        case .bitrateExceeded: .bitrateExceeded
        case .durationExceeded: .streamDurationExceeded
        case .unpublished: nil
        }
    }
}

/// Kinds of media that the backend has muted.
package struct MutedKinds: Hashable, Sendable {
    package var audio: Bool
    package var video: Bool

    package init(audio: Bool = false, video: Bool = false) {
        self.audio = audio
        self.video = video
    }

    package var isEmpty: Bool { !audio && !video }
}

/// What one token granted and what the next one does.
package struct TokenExchange: Hashable, Sendable {
    package var previous: TokenGrant
    package var new: TokenGrant

    package init(previous: TokenGrant, new: TokenGrant) {
        self.previous = previous
        self.new = new
    }
}

/// What a token says that may change when it is exchanged.
package struct TokenGrant: Hashable, Sendable {
    package var userID: String
    package var attributes: [String: String]
    package var canPublish: Bool
    package var canSubscribe: Bool
    package var expiresAt: WallTime

    package init(
        userID: String, attributes: [String: String], canPublish: Bool, canSubscribe: Bool,
        expiresAt: WallTime
    ) {
        self.userID = userID
        self.attributes = attributes
        self.canPublish = canPublish
        self.canSubscribe = canSubscribe
        self.expiresAt = expiresAt
    }
}

extension ParticipantIdentity {
    package var grant: TokenGrant {
        TokenGrant(
            userID: userID, attributes: attributes, canPublish: canPublish,
            canSubscribe: canSubscribe, expiresAt: expiresAt)
    }
}
