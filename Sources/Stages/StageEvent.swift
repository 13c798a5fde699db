package import Primitives

/// Something that happened to a participant, in the words of the participant events.
package struct StageEvent: Hashable, Sendable {
    package enum Name: String, Hashable, Sendable, CaseIterable {
        case joined = "JOINED"
        case left = "LEFT"
        case publishStarted = "PUBLISH_STARTED"
        case publishStopped = "PUBLISH_STOPPED"
        case subscribeStarted = "SUBSCRIBE_STARTED"
        case subscribeStopped = "SUBSCRIBE_STOPPED"
        case joinError = "JOIN_ERROR"
        case publishError = "PUBLISH_ERROR"
        case subscribeError = "SUBSCRIBE_ERROR"
        case tokenExchanged = "TOKEN_EXCHANGED"
        case replicationStarted = "REPLICATION_STARTED"
        case replicationStopped = "REPLICATION_STOPPED"
    }

    package enum ErrorCode: String, Hashable, Sendable, CaseIterable {
        case insufficientCapabilities = "INSUFFICIENT_CAPABILITIES"
        case quotaExceeded = "QUOTA_EXCEEDED"
        case publisherNotFound = "PUBLISHER_NOT_FOUND"
        case bitrateExceeded = "BITRATE_EXCEEDED"
        case resolutionExceeded = "RESOLUTION_EXCEEDED"
        case streamDurationExceeded = "STREAM_DURATION_EXCEEDED"
        case invalidAudioCodec = "INVALID_AUDIO_CODEC"
        case invalidVideoCodec = "INVALID_VIDEO_CODEC"
        case invalidInput = "INVALID_INPUT"
        case internalServerException = "INTERNAL_SERVER_EXCEPTION"
    }

    package var name: Name
    package var participant: ParticipantID
    package var session: StageSessionID
    package var time: WallTime
    /// The publisher that a subscription is for.
    package var remote: ParticipantID?
    package var error: ErrorCode?
    /// Of ``Name/tokenExchanged``: what changed.
    package var exchange: TokenExchange?
    /// Of the two of replication: where the participant is seen too.
    package var destination: SessionReference?
    /// The participant, or the publisher of a subscription, is a replica here.
    package var isReplica: Bool

    package init(
        _ name: Name, _ participant: ParticipantID, in session: StageSessionID, at time: WallTime,
        remote: ParticipantID? = nil, error: ErrorCode? = nil, exchange: TokenExchange? = nil,
        destination: SessionReference? = nil, isReplica: Bool = false
    ) {
        self.name = name
        self.participant = participant
        self.session = session
        self.time = time
        self.remote = remote
        self.error = error
        self.exchange = exchange
        self.destination = destination
        self.isReplica = isReplica
    }
}
