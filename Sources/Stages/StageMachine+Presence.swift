package import Primitives

// Joining and leaving, sockets, and the life of the session.
extension StageMachine {
    /// An events socket of a participant whose token is valid.
    package mutating func connect(
        _ socket: SocketID, of identity: ParticipantIdentity, at now: WallTime,
        using generator: inout some RandomNumberGenerator
    ) -> Admission {
        if let refusal = refusalAtTheDoor(identity, at: now) {
            return refuse(identity, refusal, as: .joinError, at: now, using: &generator)
        }
        var actions: [StageAction] = []
        addMember(identity)
        members[identity.id]!.sockets.append(socket)
        sockets[socket] = identity.id
        join(identity.id, at: now, using: &generator, &actions)
        while members[identity.id]!.sockets.count > limits.socketsPerParticipant {
            let oldest = members[identity.id]!.sockets.removeFirst()
            sockets[oldest] = nil
            actions.append(.dismiss(oldest, .displaced))
        }
        return .admitted(finish(actions))
    }

    package mutating func disconnected(_ socket: SocketID, at now: WallTime) -> [StageAction] {
        guard let owner = sockets.removeValue(forKey: socket) else { return [] }
        members[owner]?.sockets.removeAll { $0 == socket }
        var actions: [StageAction] = []
        leaveIfGone(owner, at: now, &actions)
        return finish(actions)
    }

    /// What the participant says about its microphone and camera; `nil` leaves one as it is.
    package mutating func mute(
        _ participant: ParticipantID, audio: Bool?, video: Bool?
    ) -> [StageAction] {
        guard var member = members[participant] else { return [] }
        member.audioMuted = audio ?? member.audioMuted
        member.videoStopped = video ?? member.videoStopped
        guard member != members[participant] else { return [] }
        members[participant] = member
        if member.publication != nil { publishersChanged = true }
        return finish([.refresh(participant)])
    }

    /// Ends media sessions that have lasted too long, and the stage's session when it has been
    /// empty for long enough.
    package mutating func advance(to now: WallTime) -> [StageAction] {
        budget.prune(at: now, limits: limits)
        var actions: [StageAction] = []
        endOverlong(at: now, &actions)
        actions = finish(actions)
        guard let session, let emptySince = session.emptySince,
            now - emptySince >= limits.sessionLinger
        else { return actions }
        self.session = nil
        actions.append(.sessionEnded(session.id, startedAt: session.startedAt, at: now))
        return actions + forgetModeration()
    }

    /// Checks that come before any other, for sockets and media alike.
    mutating func refusalAtTheDoor(
        _ identity: ParticipantIdentity, at now: WallTime
    ) -> StageRefusal? {
        if isDeleted { return .stageDeleted }
        if revoked.contains(identity.id) { return .participantDisconnected }
        if members[identity.id]?.isReplica == true { return .presentAsReplica }
        guard budget.spend(identity.id, at: now, limits: limits) else { return .tooManyRequests }
        if members[identity.id] == nil, members.count >= limits.participants {
            return .participantsAtCapacity(limit: limits.participants)
        }
        return nil
    }

    /// Records a refusal where it is one that is recorded. The token was valid, so the attempt is
    /// the participant's, and begins a session if none goes on: there is no other place for its
    /// event.
    mutating func refuse(
        _ identity: ParticipantIdentity, _ refusal: StageRefusal, as name: StageEvent.Name,
        remote: ParticipantID? = nil, at now: WallTime,
        using generator: inout some RandomNumberGenerator
    ) -> Admission {
        guard let code = refusal.errorCode else { return .refused(refusal, []) }
        let actions = recordError(
            identity, code, as: name, remote: remote, at: now, using: &generator)
        return .refused(refusal, finish(actions))
    }

    mutating func recordError(
        _ identity: ParticipantIdentity, _ code: StageEvent.ErrorCode, as name: StageEvent.Name,
        remote: ParticipantID?, at now: WallTime, using generator: inout some RandomNumberGenerator
    ) -> [StageAction] {
        var actions: [StageAction] = []
        let session = beginSessionIfNeeded(at: now, using: &generator, &actions)
        if members[identity.id]?.isConnected != true {
            let past = identity.past.flatMap { $0.session == session ? $0 : nil }
            actions.append(
                .store(
                    ParticipantStatus(
                        id: identity.id, session: session, userID: identity.userID,
                        attributes: identity.attributes, hasPublished: past?.hasPublished ?? false,
                        firstJoinedAt: past?.firstJoinedAt, replication: past?.replication)))
        }
        actions.append(
            .record(
                StageEvent(name, identity.id, in: session, at: now, remote: remote, error: code)))
        return actions
    }

    /// Makes or refreshes the table entry. The newest token's word counts.
    mutating func addMember(_ identity: ParticipantIdentity) {
        if var member = members[identity.id] {
            let past = member.identity.past
            if member.publication != nil,
                member.identity.userID != identity.userID
                    || member.identity.attributes != identity.attributes
            {
                publishersChanged = true
            }
            member.identity = identity
            member.identity.past = identity.past ?? past
            members[identity.id] = member
        } else {
            var member = Member(identity: identity, order: nextOrder)
            member.moderated = moderated[identity.id] ?? MutedKinds()
            members[identity.id] = member
            nextOrder += 1
        }
    }

    /// Marks the participant as present, if it is not yet.
    mutating func join(
        _ participant: ParticipantID, at now: WallTime,
        using generator: inout some RandomNumberGenerator, _ actions: inout [StageAction]
    ) {
        guard var member = members[participant], !member.isConnected else { return }
        let session = beginSessionIfNeeded(at: now, using: &generator, &actions)
        self.session?.emptySince = nil
        let past = member.identity.past.flatMap { $0.session == session ? $0 : nil }
        member.isConnected = true
        member.firstJoinedAt = past?.firstJoinedAt ?? now
        member.hasPublished = past?.hasPublished ?? false
        if !member.isReplica { member.replication = replication(of: participant, after: past) }
        members[participant] = member
        connectedCount += 1
        actions.append(.store(member.status(in: session)))
        actions.append(
            .record(
                StageEvent(
                    .joined, participant, in: session, at: now, isReplica: member.isReplica)))
    }

    /// Marks the participant as gone when its last socket and its last open session are, and drops
    /// it from the table when no reservation is left either.
    mutating func leaveIfGone(
        _ participant: ParticipantID, at now: WallTime, _ actions: inout [StageAction]
    ) {
        guard var member = members[participant], member.sockets.isEmpty, !member.isReplica,
            !member.resources.contains(where: { resources[$0]?.isOpen == true })
        else { return }
        if member.isConnected, let session {
            member.isConnected = false
            member.identity.past = ParticipantPast(
                session: session.id, firstJoinedAt: member.firstJoinedAt,
                hasPublished: member.hasPublished, replication: member.replication)
            members[participant] = member
            connectedCount -= 1
            if connectedCount == 0 { self.session?.emptySince = now }
            actions.append(
                .record(
                    StageEvent(
                        .left, participant, in: session.id, at: now, isReplica: member.wasReplica)))
            actions.append(.store(member.status(in: session.id)))
        }
        if member.resources.isEmpty { members[participant] = nil }
    }

    mutating func beginSessionIfNeeded(
        at now: WallTime, using generator: inout some RandomNumberGenerator,
        _ actions: inout [StageAction]
    ) -> StageSessionID {
        if let session { return session.id }
        let id = StageSessionID.random(using: &generator)
        session = Session(id: id, startedAt: now, emptySince: now)
        actions.append(.sessionBegan(id, at: now))
        return id
    }

    /// Ends a transition: one broadcast if what others see has changed.
    mutating func finish(_ actions: [StageAction]) -> [StageAction] {
        guard publishersChanged else { return actions }
        publishersChanged = false
        return actions + [.broadcast(snapshot)]
    }
}

/// The outcome of asking to be let in. A refusal may have something to be recorded.
package enum Admission: Hashable, Sendable {
    case admitted([StageAction])
    case refused(StageRefusal, [StageAction])

    package var actions: [StageAction] {
        switch self {
        case .admitted(let actions), .refused(_, let actions): actions
        }
    }

    package var refusal: StageRefusal? {
        if case .refused(let refusal, _) = self { refusal } else { nil }
    }
}
