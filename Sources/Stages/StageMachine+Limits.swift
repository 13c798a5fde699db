import Primitives

// What a publication or subscription may be while it lasts.
extension StageMachine {
    /// What is too much of what a publisher sends. Counts the reports that were above the bitrate.
    mutating func breach(
        by publisher: ParticipantID, sending layers: [PublishedLayer]
    ) -> StageIntervention? {
        let shortSide = layers.map { min($0.width, $0.height) }.max() ?? 0
        if shortSide > limits.publishedShortSide {
            return .resolutionExceeded(shortSide, limit: limits.publishedShortSide)
        }
        let bitrate = layers.reduce(0) { $0 + $1.bitsPerSecond }
        guard bitrate > limits.publishedBitrate else {
            members[publisher]?.bitrateStrikes = 0
            return nil
        }
        members[publisher]?.bitrateStrikes += 1
        guard let strikes = members[publisher]?.bitrateStrikes, strikes >= limits.bitrateStrikes
        else { return nil }
        return .bitrateExceeded(bitrate, limit: limits.publishedBitrate)
    }

    /// Closes the media sessions that have lasted for as long as they may. Looks through them only
    /// when the oldest may be that old.
    mutating func endOverlong(at now: WallTime, _ actions: inout [StageAction]) {
        guard let oldestOpening,
            now - oldestOpening >= min(limits.publishDuration, limits.subscribeDuration)
        else { return }
        let overlong = resources.filter { now - ($1.openedAt ?? now) >= duration(of: $1.kind) }
        for (resource, entry) in overlong.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            let breach = StageIntervention.durationExceeded(limit: duration(of: entry.kind))
            close(resource, because: breach, at: now, &actions)
        }
        self.oldestOpening = resources.values.compactMap(\.openedAt).min()
    }

    private func duration(of kind: ResourceKind) -> Duration {
        kind.isPublication ? limits.publishDuration : limits.subscribeDuration
    }

    mutating func close(
        _ resource: ResourceID, because intervention: StageIntervention, at now: WallTime
    ) -> [StageAction] {
        var actions: [StageAction] = []
        close(resource, because: intervention, at: now, &actions)
        return finish(actions)
    }

    /// Closes an open media session whose participant may stay: says why first.
    mutating func close(
        _ resource: ResourceID, because intervention: StageIntervention, at now: WallTime,
        _ actions: inout [StageAction]
    ) {
        guard let entry = resources[resource], let session else { return }
        if let error = intervention.errorCode {
            actions.append(
                .record(
                    StageEvent(
                        entry.kind.errorName, entry.owner, in: session.id, at: now,
                        remote: entry.kind.remote, error: error)))
        }
        actions.append(.tell(entry.owner, resource, intervention))
        remove(resource, at: now, &actions)
        actions.append(.close(resource))
        leaveIfGone(entry.owner, at: now, &actions)
    }
}
