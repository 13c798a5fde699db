import Primitives
import Stages
import Synchronization

// What all stages together may have.
extension LiveStages {
    /// A media session, reservations included.
    struct HeldSession {
        let stage: StageID
        let isPublication: Bool
    }

    /// Enters a media session that is about to be reserved.
    /// - Returns: why it is one too many over all stages; `nil` when it is not.
    func hold(_ resource: ResourceID, _ kind: ResourceKind, _ visit: Visit) -> StageRefusal? {
        // A page that was reloaded takes the place that it has.
        let replaces =
            kind.isPublication
            && visit.room.read { $0.machine.publication(of: visit.identity.id) != nil }
        return index.withLock { index in
            let refusal = replaces ? nil : index.refusal(of: kind, limits)
            index.hold(
                resource,
                HeldSession(stage: visit.room.stage, isPublication: kind.isPublication))
            return refusal
        }
    }
}

extension LiveStages.Index {
    fileprivate func refusal(of kind: ResourceKind, _ limits: LiveLimits) -> StageRefusal? {
        if kind.isPublication {
            return publicationCount >= limits.publishers
                ? .publisherQuota(limit: limits.publishers) : nil
        }
        return subscriptionCount >= limits.subscriptions
            ? .subscriptionQuota(limit: limits.subscriptions) : nil
    }

    fileprivate mutating func hold(_ resource: ResourceID, _ session: LiveStages.HeldSession) {
        sessions[resource] = session
        if session.isPublication { publicationCount += 1 } else { subscriptionCount += 1 }
    }

    /// Takes a media session out that has ended or was not let in. One that is not there is ignored.
    mutating func release(_ resource: ResourceID) {
        guard let session = sessions.removeValue(forKey: resource) else { return }
        if session.isPublication { publicationCount -= 1 } else { subscriptionCount -= 1 }
    }
}
