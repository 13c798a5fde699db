package import Primitives

// Publishers that are seen on more stages than their own. A machine knows its own stage only: who
// runs the machines tells the destination's what the source's has come to.
extension StageMachine {
    /// What a publisher is like where it publishes, as its replicas show it.
    package struct ReplicaState: Hashable, Sendable {
        package var isPublishing: Bool
        package var audioMuted: Bool
        package var videoStopped: Bool
        package var layers: [PublishedLayer]

        package init(
            isPublishing: Bool = false, audioMuted: Bool = false, videoStopped: Bool = false,
            layers: [PublishedLayer] = []
        ) {
            self.isPublishing = isPublishing
            self.audioMuted = audioMuted
            self.videoStopped = videoStopped
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
        member.layers = state.layers
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
        guard var member = members[participant],
            case .replica(let origin, isActive: true) = member.replication
        else { return }
        if member.isPublishing, let session {
            actions.append(
                .record(
                    StageEvent(
                        .publishStopped, participant, in: session.id, at: now, isReplica: true)))
        }
        member.replication = .replica(of: origin, isActive: false)
        (member.isPublishing, member.layers) = (false, [])
        members[participant] = member
        publicationCounts[participant] = nil
        publishersChanged = true
    }

    // MARK: - The source

    /// A publisher of this stage is seen on another one from now on.
    package mutating func replicationStarted(
        of participant: ParticipantID, to destination: SessionReference, at now: WallTime
    ) -> [StageAction] {
        guard let session, members[participant]?.isConnected == true else { return [] }
        members[participant]!.replication = .source(isActive: true)
        return [
            .store(members[participant]!.status(in: session.id)),
            .record(
                StageEvent(
                    .replicationStarted, participant, in: session.id, at: now,
                    destination: destination)),
        ]
    }

    /// - Parameters:
    ///   - session: the one in which the replication started.
    ///   - isLast: the publisher is seen on no other stage any more.
    ///   - stored: what is stored about it, for a participant that is not here.
    package mutating func replicationStopped(
        of participant: ParticipantID, in session: StageSessionID, to destination: SessionReference,
        isLast: Bool, stored: ParticipantStatus?, at now: WallTime
    ) -> [StageAction] {
        guard !isDeleted else { return [] }
        let event = StageEvent(
            .replicationStopped, participant, in: session, at: now, destination: destination)
        let replication = ReplicationStatus.source(isActive: !isLast)
        if self.session?.id == session, members[participant]?.isConnected == true {
            members[participant]!.replication = replication
            return [.store(members[participant]!.status(in: session)), .record(event)]
        }
        guard var status = stored, status.session == session else { return [.record(event)] }
        status.replication = replication
        return [.store(status), .record(event)]
    }
}

extension StageMachine.Member {
    /// It is here as a replica now.
    var isReplica: Bool {
        if case .replica(_, isActive: true) = replication { true } else { false }
    }

    /// It is, or just was, here as a replica.
    var wasReplica: Bool {
        if case .replica = replication { true } else { false }
    }
}
