import Logging
import Primitives
import Signalling
import Stages
import Storage
import Synchronization

// How replications end: in order, with their stage, or with the process.
extension LiveStages {
    func endReplications(
        at time: WallTime, where isMeant: (ReplicationRecord) -> Bool
    ) async {
        await replicationTurn.run { () async in
            let keys = replications.withLock { table in
                table.entries.values.map(\.record).filter(isMeant).map(\.key)
            }
            for key in keys { await endInTurn(key, at: time) }
        }
    }

    /// - Parameter stillHolds: whether there is reason to end it, when its turn has come.
    /// - Returns: `false` when it does not go on.
    @discardableResult
    func end(
        _ key: ReplicationKey, at time: WallTime,
        if stillHolds: @Sendable (ReplicationTable.Entry) -> Bool = { _ in true }
    ) async -> Bool {
        await replicationTurn.run { () async -> Bool in
            guard let entry = replications.withLock({ $0.entries[key] }), stillHolds(entry) else {
                return false
            }
            return await endInTurn(key, at: time)
        }
    }

    /// First what is seen, then what is remembered.
    @discardableResult
    func endInTurn(_ key: ReplicationKey, at time: WallTime) async -> Bool {
        guard let record = replications.withLock({ $0.remove(key) }) else { return false }
        await media.stopReplicating(MediaReplication(key))
        if let room = index.withLock({ $0.places[key.destination]?.room }) {
            _ = await room.perform { ((), $0.machine.removeReplica(key.participant, at: time)) }
            settle(room)
        }
        await tellSource(record, at: time)
        await store(record.ended(at: time))
        return true
    }

    private func tellSource(_ record: ReplicationRecord, at time: WallTime) async {
        // One that is there is told also while the server goes down.
        let present = index.withLock { $0.places[record.sourceStage]?.room }
        guard let room = try? visit(record.sourceStage) else {
            if let present { await tell(present, record, at: time) }
            return
        }
        await tell(room, record, at: time)
        leave(room)
    }

    private func tell(_ room: StageRoom, _ record: ReplicationRecord, at time: WallTime) async {
        await room.recovery.value
        let stored = try? await storage.participant(
            record.participant, of: record.sourceStage, in: record.sourceSession)
        _ = await room.perform { state in
            if let stored, state.clients[record.participant] == nil {
                state.clients[record.participant] = stored.client
            }
            let actions = state.machine.replicationStopped(
                of: record.participant, in: record.sourceSession, to: record.destination,
                stored: stored.map(ParticipantStatus.init), at: time)
            return ((), actions)
        }
    }

    private func store(_ record: ReplicationRecord) async {
        do throws(StorageError) {
            try await storage.apply([.putReplication(record)])
        } catch {
            logger.error(
                "The end of a replication could not be stored",
                metadata: ["stage": "\(record.sourceStage)", "error": "\(error)"])
        }
    }

    /// Ends the replications that a process before this one left. Hosts come back to their own stage,
    /// and it is the backend's to say whether they are to be seen elsewhere again.
    func endUnfinishedReplications() async {
        var cursor: Int64?
        while !Task.isCancelled {
            guard
                let records = try? await storage.replications(
                    ReplicationQuery(isActive: true), after: cursor, limit: limits.sweepPage),
                let last = records.last
            else { return }
            for record in records { await endIfUnfinished(record) }
            cursor = last.position
        }
    }

    private func endIfUnfinished(_ record: ReplicationRecord) async {
        await replicationTurn.run { () async in
            // It may have begun anew already.
            guard replications.withLock({ $0.entries[record.key] == nil }) else { return }
            let time = await endOfSession(of: record)
            await tellSource(record, at: time)
            await store(record.ended(at: time))
        }
    }
}

extension LiveStages {
    /// When the session ended in which a replication began; now when it goes on.
    private func endOfSession(of record: ReplicationRecord) async -> WallTime {
        guard let room = try? visit(record.sourceStage) else { return now() }
        defer { leave(room) }
        await room.recovery.value
        let session = try? await storage.session(record.sourceSession, of: record.sourceStage)
        return session?.endedAt ?? now()
    }
}

extension ReplicationRecord {
    fileprivate func ended(at time: WallTime) -> ReplicationRecord {
        var record = self
        (record.isActive, record.endedAt) = (false, max(time, startedAt))
        return record
    }
}
