package import Primitives

// WHIP and WHEP sessions: reserved, opened, started, ended.
extension StageMachine {
    /// Admits a media session and holds its place while it is being negotiated. Ends in
    /// ``opened(_:at:using:)`` or ``abandon(_:error:at:using:)``.
    /// - Parameter quota: why it is refused if this stage would have it; `nil` for no reason.
    package mutating func reserve(
        _ resource: ResourceID, for kind: ResourceKind, by identity: ParticipantIdentity,
        quota: StageRefusal? = nil, at now: WallTime,
        using generator: inout some RandomNumberGenerator
    ) -> Admission {
        precondition(resources[resource] == nil, "A resource id was used twice")
        let refusal =
            refusalAtTheDoor(identity, at: now) ?? refusal(of: kind, by: identity) ?? quota
        if let refusal {
            return refuse(
                identity, refusal, as: kind.errorName, remote: kind.remote, at: now,
                using: &generator)
        }
        addMember(identity)
        members[identity.id]!.resources.append(resource)
        resources[resource] = Resource(owner: identity.id, kind: kind)
        count(kind, of: identity.id, by: 1)
        return .admitted(finish([]))
    }

    private func refusal(
        of kind: ResourceKind, by identity: ParticipantIdentity
    ) -> StageRefusal? {
        let id = identity.id
        guard kind.isPublication ? identity.canPublish : identity.canSubscribe else {
            return .insufficientCapabilities
        }
        if kind.isPublication {
            let isNew = publicationCounts[id] == nil
            return isNew && publicationCounts.count >= limits.publishers
                ? .publishersAtCapacity(limit: limits.publishers) : nil
        }
        if case .subscription(let publisher) = kind, members[publisher]?.publication == nil,
            members[publisher]?.isReplica != true
        {
            return .publisherNotFound(publisher)
        }
        let own = subscriptionCounts[id] ?? 0
        if own == 0, subscriptionCounts.count >= limits.subscribers {
            return .subscribersAtCapacity(limit: limits.subscribers)
        }
        return own >= limits.subscriptionsPerParticipant
            ? .tooManySubscriptions(limit: limits.subscriptionsPerParticipant) : nil
    }

    /// The media plane has answered. A publication displaces the participant's older one: a host
    /// that reloads is there once, and never twice.
    /// - Returns: `nil` when the session was ended in the meantime.
    package mutating func opened(
        _ resource: ResourceID, at now: WallTime, using generator: inout some RandomNumberGenerator
    ) -> [StageAction]? {
        guard let entry = resources[resource], !entry.isOpen else { return nil }
        resources[resource]!.openedAt = now
        oldestOpening = oldestOpening.map { min($0, now) } ?? now
        var actions: [StageAction] = []
        join(entry.owner, at: now, using: &generator, &actions)
        if entry.kind.isPublication {
            if let old = members[entry.owner]!.publication {
                remove(old, at: now, &actions)
                actions.append(.close(old))
            }
            members[entry.owner]!.publication = resource
            publishersChanged = true
        }
        return finish(actions)
    }

    /// The negotiation failed: the reservation is returned.
    /// - Parameter error: what to record; `nil` for nothing.
    package mutating func abandon(
        _ resource: ResourceID, error: StageEvent.ErrorCode?, at now: WallTime,
        using generator: inout some RandomNumberGenerator
    ) -> [StageAction] {
        guard let entry = resources[resource], !entry.isOpen else { return [] }
        var actions: [StageAction] = []
        if let error {
            actions = recordError(
                members[entry.owner]!.identity, error, as: entry.kind.errorName,
                remote: entry.kind.remote, at: now, using: &generator)
        }
        remove(resource, at: now, &actions)
        leaveIfGone(entry.owner, at: now, &actions)
        return finish(actions)
    }

    /// The client ended it: the media plane is told.
    package mutating func end(_ resource: ResourceID, at now: WallTime) -> [StageAction] {
        guard resources[resource] != nil else { return [] }
        return ended(resource, closing: true, at: now)
    }

    /// The media plane says that it is gone.
    package mutating func ended(_ resource: ResourceID, at now: WallTime) -> [StageAction] {
        ended(resource, closing: false, at: now)
    }

    private mutating func ended(
        _ resource: ResourceID, closing: Bool, at now: WallTime
    ) -> [StageAction] {
        guard let owner = resources[resource]?.owner else { return [] }
        var actions: [StageAction] = []
        remove(resource, at: now, &actions)
        if closing { actions.append(.close(resource)) }
        leaveIfGone(owner, at: now, &actions)
        return finish(actions)
    }

    /// Media arrives from a publisher.
    package mutating func publishStarted(
        _ resource: ResourceID, at now: WallTime
    ) -> [StageAction] {
        guard let entry = resources[resource], let session, var member = members[entry.owner],
            member.publication == resource, !member.isPublishing
        else { return [] }
        member.isPublishing = true
        let isFirst = !member.hasPublished
        member.hasPublished = true
        members[entry.owner] = member
        publishersChanged = true
        var actions: [StageAction] = []
        if isFirst { actions.append(.store(member.status(in: session.id))) }
        actions.append(
            .record(StageEvent(.publishStarted, entry.owner, in: session.id, at: now)))
        return finish(actions)
    }

    /// Media flows to a subscriber from that publisher.
    package mutating func subscribeStarted(
        _ resource: ResourceID, to remote: ParticipantID, at now: WallTime
    ) -> [StageAction] {
        guard let entry = resources[resource], entry.isOpen, !entry.kind.isPublication,
            let session, !entry.remotes.contains(remote),
            entry.remotes.count < limits.publishers
        else { return [] }
        resources[resource]!.remotes.append(remote)
        return [
            .record(
                StageEvent(
                    .subscribeStarted, entry.owner, in: session.id, at: now, remote: remote,
                    isReplica: members[remote]?.isReplica == true))
        ]
    }

    package mutating func subscribeStopped(
        _ resource: ResourceID, to remote: ParticipantID, at now: WallTime
    ) -> [StageAction] {
        guard let entry = resources[resource], let session, entry.remotes.contains(remote)
        else { return [] }
        resources[resource]!.remotes.removeAll { $0 == remote }
        return [
            .record(
                StageEvent(
                    .subscribeStopped, entry.owner, in: session.id, at: now, remote: remote,
                    isReplica: members[remote]?.wasReplica == true))
        ]
    }

    /// What arrives from a publisher now. More than may be closes the publication.
    package mutating func layers(
        _ resource: ResourceID, _ layers: [PublishedLayer], at now: WallTime
    ) -> [StageAction] {
        guard let owner = resources[resource]?.owner, let member = members[owner],
            member.publication == resource
        else { return [] }
        if let breach = breach(by: owner, sending: layers) {
            return close(resource, because: breach, at: now)
        }
        let old = member.layers
        guard
            old.count != layers.count
                || zip(old, layers).contains(where: { $0.differsNotably(from: $1) })
        else { return [] }
        members[owner]!.layers = layers
        publishersChanged = true
        return finish([])
    }

    /// Takes a session out of the tables and records that its media stopped. Does not make anybody
    /// leave: that is the caller's next question.
    mutating func remove(
        _ resource: ResourceID, at now: WallTime, _ actions: inout [StageAction]
    ) {
        guard let entry = resources.removeValue(forKey: resource) else { return }
        count(entry.kind, of: entry.owner, by: -1)
        guard var member = members[entry.owner] else { return }
        member.resources.removeAll { $0 == resource }
        for remote in entry.remotes {
            guard let session else { break }
            actions.append(
                .record(
                    StageEvent(
                        .subscribeStopped, entry.owner, in: session.id, at: now, remote: remote,
                        isReplica: members[remote]?.wasReplica == true)))
        }
        if member.publication == resource {
            if member.isPublishing, let session {
                actions.append(
                    .record(StageEvent(.publishStopped, entry.owner, in: session.id, at: now)))
            }
            member.bitrateStrikes = 0
            if member.audioMuted || member.videoStopped { actions.append(.refresh(entry.owner)) }
            // What was said about the old tracks does not hold for the next ones.
            (member.audioMuted, member.videoStopped) = (false, false)
            (member.publication, member.isPublishing, member.layers) = (nil, false, [])
            publishersChanged = true
        }
        members[entry.owner] = member
    }

    private mutating func count(_ kind: ResourceKind, of owner: ParticipantID, by change: Int) {
        func apply(_ counts: inout [ParticipantID: Int]) {
            let count = counts[owner, default: 0] + change
            counts[owner] = count > 0 ? count : nil
        }
        if kind.isPublication { apply(&publicationCounts) } else { apply(&subscriptionCounts) }
    }
}

extension ResourceKind {
    /// The event that records a refusal of it.
    var errorName: StageEvent.Name { isPublication ? .publishError : .subscribeError }

    var remote: ParticipantID? {
        if case .subscription(let publisher) = self { publisher } else { nil }
    }
}
