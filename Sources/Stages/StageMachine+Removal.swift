package import Primitives

// Sending participants away: one, or all.
extension StageMachine {
    /// Ends everything that the participant has here and refuses it from now on.
    /// - Parameter stored: what is stored about it, for a participant that is not here.
    package mutating func revoke(
        _ participant: ParticipantID, stored: ParticipantStatus?, at now: WallTime
    ) -> [StageAction] {
        guard !isDeleted else { return [] }
        remember(revoked: participant)
        var actions: [StageAction] = []
        guard var member = members[participant] else {
            var status = stored ?? ParticipantStatus(id: participant, session: nil)
            (status.isConnected, status.isRevoked) = (false, true)
            return [.store(status)]
        }
        // The token's word for one that is about to be here; what it had in a session otherwise.
        let wasConnected = member.isConnected
        expel(participant, .participantDisconnected, at: now, &actions)
        (member.isConnected, member.publication) = (false, nil)
        member.endReplica()
        let status =
            wasConnected
            ? member.status(in: session?.id)
            : stored ?? member.status(in: nil)
        actions.append(.store(status.revoked))
        return finish(actions)
    }

    /// The stage is being deleted: everybody goes, nobody comes, and nothing is stored any more,
    /// for the records go with the stage.
    package mutating func delete(at now: WallTime) -> [StageAction] {
        isDeleted = true
        let actions = expelAll(.stageDeleted, at: now) + forgetModeration()
        session = nil
        replicated = [:]
        return actions.filter(\.isLive)
    }

    /// The server goes down: everybody goes, and the session ends.
    package mutating func shutDown(at now: WallTime) -> [StageAction] {
        var actions = expelAll(.serverShutdown, at: now)
        if let session {
            self.session = nil
            actions.append(.sessionEnded(session.id, startedAt: session.startedAt, at: now))
        }
        return actions + forgetModeration()
    }

    private mutating func expelAll(_ reason: Dismissal, at now: WallTime) -> [StageAction] {
        var actions: [StageAction] = []
        for member in members.values.sorted(by: { $0.order < $1.order }) {
            expel(member.identity.id, reason, at: now, &actions)
        }
        publishersChanged = false
        return actions
    }

    private mutating func expel(
        _ participant: ParticipantID, _ reason: Dismissal, at now: WallTime,
        _ actions: inout [StageAction]
    ) {
        guard let member = members[participant] else { return }
        for resource in member.resources {
            let isOpen = resources[resource]?.isOpen == true
            remove(resource, at: now, &actions)
            // A reservation is closed by whoever finds it gone when its answer comes.
            if isOpen { actions.append(.close(resource)) }
        }
        for socket in member.sockets {
            sockets[socket] = nil
            actions.append(.dismiss(socket, reason))
        }
        members[participant]!.sockets = []
        if member.isReplica { dropReplica(participant, at: now, &actions) }
        leaveIfGone(participant, at: now, &actions)
    }

    private mutating func remember(revoked participant: ParticipantID) {
        guard revoked.insert(participant).inserted else { return }
        revocationOrder.append(participant)
        if revocationOrder.count > limits.rememberedRevocations {
            revoked.remove(revocationOrder.removeFirst())
        }
    }
}

extension StageAction {
    /// Whether it concerns the connected, and not the stored.
    fileprivate var isLive: Bool {
        switch self {
        case .close, .dismiss, .forward, .tell: true
        case .sessionBegan, .sessionEnded, .store, .record, .broadcast, .refresh: false
        }
    }
}

extension ParticipantStatus {
    fileprivate var revoked: ParticipantStatus {
        var status = self
        (status.isConnected, status.isRevoked) = (false, true)
        return status
    }
}
