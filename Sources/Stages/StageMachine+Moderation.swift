package import Primitives

// What the backend does to a participant without killing its token.
extension StageMachine {
    package enum Moderation: Hashable, Sendable {
        case done([StageAction])
        /// The participant is not on the stage.
        case absent
        /// So many are muted as can be remembered.
        case full(limit: Int)

        package var actions: [StageAction] {
            if case .done(let actions) = self { actions } else { [] }
        }
    }

    /// Stops or resumes the passing on of what a participant sends; `nil` leaves a kind as it is.
    /// Holds for the rest of the session, also when the participant publishes anew or comes back.
    package mutating func moderate(
        _ participant: ParticipantID, audio: Bool?, video: Bool?
    ) -> Moderation {
        let old = moderated[participant]
        // A replica is moderated where it publishes.
        guard !isDeleted, members[participant]?.isReplica != true,
            old != nil || members[participant]?.isConnected == true
        else {
            return .absent
        }
        var muted = old ?? MutedKinds()
        muted.audio = audio ?? muted.audio
        muted.video = video ?? muted.video
        guard muted != old ?? MutedKinds() else { return .done([]) }
        if old == nil, moderated.count >= limits.moderatedParticipants {
            return .full(limit: limits.moderatedParticipants)
        }
        moderated[participant] = muted.isEmpty ? nil : muted
        var actions = [
            StageAction.forward(participant, audio: !muted.audio, video: !muted.video)
        ]
        if members[participant] != nil {
            members[participant]!.moderated = muted
            if members[participant]!.publication != nil { publishersChanged = true }
            actions.append(.refresh(participant))
        }
        return .done(finish(actions))
    }

    /// Ends what the participant publishes. Its token stays good: it may publish again.
    /// - Parameter reason: what its sockets are told; may be empty.
    package mutating func unpublish(
        _ participant: ParticipantID, reason: String, at now: WallTime
    ) -> Moderation {
        guard let member = members[participant], member.isConnected, !member.isReplica else {
            return .absent
        }
        var actions: [StageAction] = []
        for resource in member.resources where resources[resource]?.kind.isPublication == true {
            if resources[resource]!.isOpen {
                close(resource, because: .unpublished(reason: reason), at: now, &actions)
            } else {
                // Whoever is negotiating it closes it when it finds it gone.
                remove(resource, at: now, &actions)
            }
        }
        return .done(finish(actions))
    }

    /// The session is over, and so is what was muted in it.
    mutating func forgetModeration() -> [StageAction] {
        defer { moderated = [:] }
        for participant in moderated.keys { members[participant]?.moderated = MutedKinds() }
        return moderated.keys.sorted { $0.rawValue < $1.rawValue }.map {
            .forward($0, audio: true, video: true)
        }
    }
}
