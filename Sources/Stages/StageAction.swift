package import Primitives

/// What a transition of ``StageMachine`` asks for. Actions are carried out in order, and what is to
/// be stored before what others can see.
package enum StageAction: Hashable, Sendable {
    case sessionBegan(StageSessionID, at: WallTime)
    case sessionEnded(StageSessionID, startedAt: WallTime, at: WallTime)
    case store(ParticipantStatus)
    case record(StageEvent)
    /// Tell the media plane to end it.
    case close(ResourceID)
    /// What of a participant's media the media plane passes on, in this and its later publications.
    case forward(ParticipantID, audio: Bool, video: Bool)
    /// Tell the participant's sockets why a media session of it ends.
    case tell(ParticipantID, ResourceID, StageIntervention)
    /// Tell the socket why, and close it.
    case dismiss(SocketID, Dismissal)
    /// Everybody gets the new state of the stage.
    case broadcast(StageSnapshot)
    /// What the participant's own sockets show of itself has changed.
    case refresh(ParticipantID)
}

/// Why a socket is closed by the stage.
package enum Dismissal: Hashable, Sendable {
    /// The participant opened more sockets than it may have; this was its oldest.
    case displaced
    case participantDisconnected
    case stageDeleted
    case serverShutdown
}

/// Why the stage said no.
package enum StageRefusal: Error, Hashable, Sendable {
    case participantDisconnected
    case stageDeleted
    case insufficientCapabilities
    case publishersAtCapacity(limit: Int)
    case subscribersAtCapacity(limit: Int)
    case participantsAtCapacity(limit: Int)
    /// Over all stages, not just on this one.
    case publisherQuota(limit: Int)
    /// Over all stages, not just on this one.
    case subscriptionQuota(limit: Int)
    case tooManySubscriptions(limit: Int)
    case publisherNotFound(ParticipantID)
    case tooManyRequests
    /// It is here as a replica of a publisher of another stage.
    case presentAsReplica
    /// The session was ended while it was being opened.
    case resourceGone

    /// How the refusal is recorded; `nil` for those that are not.
    package var errorCode: StageEvent.ErrorCode? {
        switch self {
        case .insufficientCapabilities: .insufficientCapabilities
        case .publishersAtCapacity, .subscribersAtCapacity, .participantsAtCapacity,
            .tooManySubscriptions, .publisherQuota, .subscriptionQuota:
            .quotaExceeded
        case .publisherNotFound: .publisherNotFound
        case .participantDisconnected, .stageDeleted, .tooManyRequests, .presentAsReplica,
            .resourceGone:
            nil
        }
    }
}
