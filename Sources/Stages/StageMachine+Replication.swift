package import Primitives

// Publishers that are seen on more stages than their own. A machine knows its own stage only: who
// runs the machines tells the destination's what the source's has come to.
extension StageMachine {
    /// What a publisher is like where it publishes, as its replicas show it.
    package struct ReplicaState: Hashable, Sendable {
        package var isPublishing: Bool
        package var audioMuted: Bool
        package var videoStopped: Bool
        package var mutedByModerator: MutedKinds
        package var layers: [PublishedLayer]

        package init(
            isPublishing: Bool = false, audioMuted: Bool = false, videoStopped: Bool = false,
            mutedByModerator: MutedKinds = MutedKinds(), layers: [PublishedLayer] = []
        ) {
            self.isPublishing = isPublishing
            self.audioMuted = audioMuted
            self.videoStopped = videoStopped
            self.mutedByModerator = mutedByModerator
            self.layers = layers
        }
    }

    // MARK: - The destination

    /// Lets a publisher of another stage be seen here. It counts as one of this stage's.
    /// - Parameter identity: what is seen of it here, with its past here.
    package mutating func addReplica(
        _ identity: ParticipantIdentity, of origin: SessionReference, at now: WallTime,
        using generator: inout some RandomNumberGenerator
    ) -> Admission {
        if let refusal = refusal(ofReplica: identity.id) { return .refused(refusal, []) }
        addMember(identity)
        members[identity.id]!.replication = .replica(of: origin, isActive: true)
        // A replica is moderated where it publishes.
        members[identity.id]!.moderated = MutedKinds()
        publicationCounts[identity.id, default: 0] += 1
        var actions: [StageAction] = []
        join(identity.id, at: now, using: &generator, &actions)
        publishersChanged = true
        return .admitted(finish(actions))
    }

    private func refusal(ofReplica participant: ParticipantID) -> StageRefusal? {
        if isDeleted { return .stageDeleted }
        if revoked.contains(participant) { return .participantDisconnected }
        if members[participant] != nil { return .presentAsReplica }
        if members.count >= limits.participants {
            return .participantsAtCapacity(limit: limits.participants)
        }
        return publicationCounts.count >= limits.publishers
            ? .publishersAtCapacity(limit: limits.publishers) : nil
    }

    /// The publisher has changed where it publishes.
    package mutating func updateReplica(
        _ participant: ParticipantID, to state: ReplicaState, userID: String,
        attributes: [String: String], at now: WallTime
    ) -> [StageAction] {
        guard var member = members[participant], member.isReplica, let session else { return [] }
        let old = member
        (member.identity.userID, member.identity.attributes) = (userID, attributes)
        (member.audioMuted, member.videoStopped) = (state.audioMuted, state.videoStopped)
        (member.moderated, member.layers) = (state.mutedByModerator, state.layers)
        member.isPublishing = state.isPublishing
        member.hasPublished = member.hasPublished || state.isPublishing
        guard member != old else { return [] }
        members[participant] = member
        publishersChanged = true
        var actions: [StageAction] = []
        if member.hasPublished != old.hasPublished || member.identity != old.identity {
            actions.append(.store(member.status(in: session.id)))
        }
        if member.isPublishing != old.isPublishing {
            let name: StageEvent.Name = member.isPublishing ? .publishStarted : .publishStopped
            actions.append(
                .record(
                    StageEvent(name, participant, in: session.id, at: now, isReplica: true)))
        }
        return finish(actions)
    }

    /// The replication has ended.
    package mutating func removeReplica(
        _ participant: ParticipantID, at now: WallTime
    ) -> [StageAction] {
        guard members[participant]?.isReplica == true else { return [] }
        var actions: [StageAction] = []
        dropReplica(participant, at: now, &actions)
        leaveIfGone(participant, at: now, &actions)
        return finish(actions)
    }

    /// Ends what makes a replica stay. Leaving is the caller's next question.
    mutating func dropReplica(
        _ participant: ParticipantID, at now: WallTime, _ actions: inout [StageAction]
    ) {
        guard var member = members[participant], member.isReplica else { return }
        if member.isPublishing, let session {
            actions.append(
                .record(
                    StageEvent(
                        .publishStopped, participant, in: session.id, at: now, isReplica: true)))
        }
        member.endReplica()
        (member.isPublishing, member.layers) = (false, [])
        members[participant] = member
        publicationCounts[participant] = nil
        publishersChanged = true
    }

    // MARK: - The source

    /// A publisher of this stage is seen on another one from now on. Everybody hears how it is, so
    /// that what has changed while this was decided gets there too. Ends in
    /// ``replicationStopped(of:in:to:stored:at:)``.
    package mutating func replicationStarted(
        of participant: ParticipantID, in session: StageSessionID, to destination: SessionReference,
        at now: WallTime
    ) -> [StageAction] {
        guard !isDeleted else { return [] }
        replicated[participant, default: []].insert(destination.stage)
        publishersChanged = true
        var actions: [StageAction] = []
        if let current = self.session?.id, let member = members[participant], member.isConnected,
            !member.isReplica
        {
            members[participant]!.replication = .source(isActive: true)
            actions.append(.store(members[participant]!.status(in: current)))
        }
        let event = StageEvent(
            .replicationStarted, participant, in: session, at: now, destination: destination)
        return finish(actions + [.record(event)])
    }

    /// - Parameters:
    ///   - session: the one in which the replication started.
    ///   - stored: what is stored about the participant in that session, for one who is not here.
    package mutating func replicationStopped(
        of participant: ParticipantID, in session: StageSessionID, to destination: SessionReference,
        stored: ParticipantStatus?, at now: WallTime
    ) -> [StageAction] {
        guard !isDeleted else { return [] }
        replicated[participant]?.remove(destination.stage)
        if replicated[participant]?.isEmpty == true { replicated[participant] = nil }
        let replication = ReplicationStatus.source(isActive: replicated[participant] != nil)
        var actions: [StageAction] = []
        // It may have come back in a later session than the one in which it all began.
        let isHere = members[participant]?.isConnected == true
        if isHere, case .source = members[participant]!.replication, let current = self.session?.id
        {
            members[participant]!.replication = replication
            actions.append(.store(members[participant]!.status(in: current)))
        }
        if !isHere || self.session?.id != session, var stored, stored.session == session {
            stored.replication = replication
            // The newest record stays the newest.
            actions.insert(.store(stored), at: 0)
        }
        let event = StageEvent(
            .replicationStopped, participant, in: session, at: now, destination: destination)
        return actions + [.record(event)]
    }

    /// What a participant that joins is to replication: it is still seen elsewhere, or was before in
    /// this session.
    func replication(
        of participant: ParticipantID, after past: ParticipantPast?
    ) -> ReplicationStatus? {
        if replicated[participant] != nil { return .source(isActive: true) }
        guard case .source = past?.replication else { return nil }
        return .source(isActive: false)
    }
}

extension StageMachine.Member {
    /// It is here as a replica now.
    var isReplica: Bool {
        if case .replica(_, isActive: true) = replication { true } else { false }
    }

    mutating func endReplica() {
        guard case .replica(let origin, _) = replication else { return }
        replication = .replica(of: origin, isActive: false)
    }

    /// It is, or just was, here as a replica.
    var wasReplica: Bool {
        if case .replica = replication { true } else { false }
    }
}
