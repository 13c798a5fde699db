internal import Primitives
internal import Signalling

// Publishers that are seen on more stages than their own.

extension MediaWorker {
    /// Shows a publisher on another stage. Costs a packet no more than the viewers it has there.
    mutating func replicate(_ replication: MediaReplication, at now: Instant) {
        let origin = Origin(stage: replication.source, participant: replication.participant)
        let destination = replication.destination
        guard destination != origin.stage,
            !replications[origin, default: []].contains(destination)
        else { return }
        replications[origin, default: []].append(destination)
        guard let index = routes[origin.stage]?.publishers[origin.participant],
            isShowable(index, on: destination)
        else { return }
        show(index, on: destination, at: now)
    }

    mutating func stopReplicating(_ replication: MediaReplication, at now: Instant) {
        let origin = Origin(stage: replication.source, participant: replication.participant)
        guard let place = replications[origin]?.firstIndex(of: replication.destination) else {
            return
        }
        replications[origin]!.remove(at: place)
        if replications[origin]!.isEmpty { replications[origin] = nil }
        guard let index = routes[origin.stage]?.publishers[origin.participant] else { return }
        hide(index, on: replication.destination, at: now)
    }

    /// The stages that a publisher is, or is to be, seen on: its own first.
    func stages(of session: MediaSession) -> [StageID] {
        let origin = Origin(stage: session.stage, participant: session.participant)
        return [session.stage] + (replications[origin] ?? [])
    }

    /// Somebody of the stage's own is not replaced by a replica.
    func isShowable(_ index: Int, on stage: StageID) -> Bool {
        guard peers[index].session.stage != stage,
            let present = routes[stage]?.publishers[peers[index].session.participant]
        else { return true }
        return peers[present].session.stage != stage
    }
}
