package import Primitives

// A participant that is here gets another token.
extension StageMachine {
    /// Counts an attempt to exchange a token as an open. Verifying a signature takes time.
    package mutating func admitsExchange(
        by participant: ParticipantID, at now: WallTime
    ) -> Bool {
        budget.spend(participant, at: now, limits: limits)
    }

    /// Puts the word of a new token in the place of the old one's. A capability that is lost ends
    /// what it was used for.
    /// - Returns: `nil` when the participant is not here any more.
    package mutating func exchange(
        _ identity: ParticipantIdentity, at now: WallTime
    ) -> [StageAction]? {
        guard !isDeleted, let session, let member = members[identity.id], member.isConnected,
            !revoked.contains(identity.id)
        else { return nil }
        let change = TokenExchange(previous: member.identity.grant, new: identity.grant)
        addMember(identity)
        var actions: [StageAction] = [
            .store(members[identity.id]!.status(in: session.id)),
            .record(
                StageEvent(
                    .tokenExchanged, identity.id, in: session.id, at: now, exchange: change)),
        ]
        for resource in member.resources {
            guard let entry = resources[resource],
                !(entry.kind.isPublication ? identity.canPublish : identity.canSubscribe)
            else { continue }
            remove(resource, at: now, &actions)
            // A reservation is closed by whoever finds it gone when its answer comes.
            if entry.isOpen { actions.append(.close(resource)) }
        }
        actions.append(.refresh(identity.id))
        leaveIfGone(identity.id, at: now, &actions)
        return finish(actions)
    }
}
