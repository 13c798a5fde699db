import Logging
package import Primitives
import Signalling
import Stages
import Storage
import Synchronization

// Publishers that are seen on more stages than their own.
//
// The rooms of the two stages know nothing of each other. What the source's publishers come to is
// heard after it was stored, and handed on to the destination's room without waiting for it: two
// stages may well replicate to each other.
extension LiveStages {
    package func startReplication(
        _ request: ReplicationRequest
    ) async throws -> ReplicationOutcome {
        guard let sourceRoom = index.withLock({ $0.places[request.source]?.room }) else {
            return .absent
        }
        let key = ReplicationKey(
            participant: request.participant, source: request.source,
            destination: request.destination)
        let (view, session) = sourceRoom.read {
            ($0.machine.view(of: request.participant), $0.machine.activeSession)
        }
        guard let view, let session else { return .absent }
        if let refusal = refusal(of: request, key, view) { return refusal }
        let room = try visit(request.destination)
        defer { leave(room) }
        await room.recovery.value
        let origin = SessionReference(stage: request.source, session: session)
        let admission = try await admit(view, of: origin, by: request, to: room)
        guard case .admitted(let destinationSession) = admission else {
            return admission.outcome
        }
        let record = ReplicationRecord(
            participant: request.participant, sourceStage: request.source, sourceSession: session,
            destinationStage: request.destination, destinationSession: destinationSession,
            attributes: request.attributes,
            reconnectWindowSeconds: request.reconnectWindowSeconds, startedAt: now())
        replications.withLock { $0.insert(record) }
        do {
            try await begin(record, in: sourceRoom)
        } catch {
            _ = await end(key, at: now())
            throw error
        }
        return .started
    }

    private func refusal(
        of request: ReplicationRequest, _ key: ReplicationKey, _ view: ParticipantView
    ) -> ReplicationOutcome? {
        guard view.isPublishing else { return .notPublishing }
        let (isKnown, count) = replications.withLock {
            ($0.entries[key] != nil, $0.count(of: request.participant, from: request.source))
        }
        if isKnown { return .alreadyReplicated }
        if count >= limits.replicationsPerParticipant {
            return .tooMany(limit: limits.replicationsPerParticipant)
        }
        let merged = view.attributes.merging(request.attributes) { $1 }
        let bytes = merged.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        return bytes > APILimits.attributeBytes ? .attributesTooLarge(bytes) : nil
    }

    private enum ReplicaAdmission {
        case admitted(StageSessionID)
        case refused(StageRefusal)

        var outcome: ReplicationOutcome {
            switch self {
            case .admitted: .started
            case .refused(let refusal): ReplicationOutcome(refusal)
            }
        }
    }

    private func admit(
        _ view: ParticipantView, of origin: SessionReference, by request: ReplicationRequest,
        to room: StageRoom
    ) async throws -> ReplicaAdmission {
        let stored = try await storage.participant(request.participant, of: request.destination)
        if stored?.isRevoked == true { return .refused(.participantDisconnected) }
        let identity = ParticipantIdentity(
            id: view.id, userID: view.userID,
            attributes: view.attributes.merging(request.attributes) { $1 },
            canSubscribe: false,
            past: stored.map {
                ParticipantPast(
                    session: $0.session, firstJoinedAt: $0.firstJoinedAt,
                    hasPublished: $0.hasPublished)
            })
        let (time, random) = (now(), random)
        let client = sourceClient(of: request)
        let (result, failure) = await room.perform { state in
            if state.clients[view.id] == nil { state.clients[view.id] = client }
            var generator = DrawnNumbers(draw: random)
            let admission = state.machine.addReplica(
                identity, of: origin, at: time, using: &generator)
            let session = state.machine.activeSession
            return ((admission.refusal, session), admission.actions)
        }
        if let refusal = result.0 { return .refused(refusal) }
        if let failure {
            room.post { $0.machine.removeReplica(view.id, at: time) }
            throw failure
        }
        guard let session = result.1 else { return .refused(.resourceGone) }
        return .admitted(session)
    }

    private func sourceClient(of request: ReplicationRequest) -> ClientFacts? {
        index.withLock { $0.places[request.source]?.room }?
            .read { $0.clients[request.participant] }
    }

    private func begin(_ record: ReplicationRecord, in source: StageRoom) async throws {
        try await storage.apply([.putReplication(record)])
        let time = now()
        let (snapshot, failure) = await source.perform { state in
            let actions = state.machine.replicationStarted(
                of: record.participant, to: record.destination, at: time)
            return (state.machine.snapshot, actions)
        }
        if let failure { throw failure }
        await media.replicate(MediaReplication(record.key))
        // What changed in the meantime was not heard yet.
        follow(record, snapshot)
    }

    package func stopReplication(
        of participant: ParticipantID, from source: StageID, to destination: StageID
    ) async throws -> Bool {
        let key = ReplicationKey(
            participant: participant, source: source, destination: destination)
        return await end(key, at: now())
    }
}

// What becomes of the source.
extension LiveStages {
    /// Hands on what the publishers of a stage have come to.
    func replicate(_ snapshot: StageSnapshot, of stage: StageID) {
        for record in replications.withLock({ $0.records(from: stage) }) {
            follow(record, snapshot)
        }
    }

    private func follow(_ record: ReplicationRecord, _ snapshot: StageSnapshot) {
        let key = record.key
        let time = now()
        guard let room = index.withLock({ $0.places[key.destination]?.room }) else { return }
        guard let view = snapshot.publishers.first(where: { $0.id == key.participant }) else {
            room.post { state in
                guard let own = state.machine.view(of: key.participant) else { return [] }
                return state.machine.updateReplica(
                    key.participant, to: StageMachine.ReplicaState(), userID: own.userID,
                    attributes: own.attributes, at: time)
            }
            wait(for: key, seconds: record.reconnectWindowSeconds)
            return
        }
        replications.withLock { $0.setWindow(nil, of: key) }
        room.post { state in
            state.machine.updateReplica(
                key.participant,
                to: StageMachine.ReplicaState(
                    isPublishing: view.isPublishing, audioMuted: view.audioMuted,
                    videoStopped: view.videoStopped, layers: view.layers),
                userID: view.userID,
                attributes: view.attributes.merging(record.attributes) { $1 }, at: time)
        }
    }

    /// Ends the replication unless its publisher comes back in time.
    private func wait(for key: ReplicationKey, seconds: Int) {
        replications.withLock { table in
            guard let entry = table.entries[key], entry.window == nil else { return }
            let window = Task { [weak self] in
                try? await Task.sleep(for: .seconds(seconds))
                guard !Task.isCancelled, let self else { return }
                _ = await self.end(key, at: self.now())
            }
            table.setWindow(window, of: key)
        }
    }
}

// How it ends.
extension LiveStages {
    func endReplications(
        at time: WallTime, where isMeant: (ReplicationRecord) -> Bool
    ) async {
        let keys = replications.withLock { table in
            table.entries.values.map(\.record).filter(isMeant).map(\.key)
        }
        for key in keys { _ = await end(key, at: time) }
    }

    /// Ends a replication: first what is seen, then what is remembered.
    /// - Returns: `false` when it does not go on.
    private func end(_ key: ReplicationKey, at time: WallTime) async -> Bool {
        let removed = replications.withLock { table in
            table.remove(key).map { ($0, table.count(of: key.participant, from: key.source) == 0) }
        }
        guard let (entry, isLast) = removed else { return false }
        entry.window?.cancel()
        await media.stopReplicating(MediaReplication(key))
        if let room = index.withLock({ $0.places[key.destination]?.room }) {
            _ = await room.perform { ((), $0.machine.removeReplica(key.participant, at: time)) }
            settle(room)
        }
        await tellSource(entry.record, isLast: isLast, at: time)
        var record = entry.record
        (record.isActive, record.endedAt) = (false, time)
        await keep([.putReplication(record)], of: key)
        return true
    }

    private func tellSource(
        _ record: ReplicationRecord, isLast: Bool, at time: WallTime
    ) async {
        guard let room = try? visit(record.sourceStage) else { return }
        defer { leave(room) }
        let stored = try? await storage.participant(
            record.participant, of: record.sourceStage, in: record.sourceSession)
        _ = await room.perform { state in
            if let stored, state.clients[record.participant] == nil {
                state.clients[record.participant] = stored.client
            }
            let actions = state.machine.replicationStopped(
                of: record.participant, in: record.sourceSession, to: record.destination,
                isLast: isLast, stored: stored.map(ParticipantStatus.init), at: time)
            return ((), actions)
        }
    }

    private func keep(_ changes: [StorageChange], of key: ReplicationKey) async {
        do throws(StorageError) {
            try await storage.apply(changes)
        } catch {
            logger.error(
                "The end of a replication could not be stored",
                metadata: ["stage": "\(key.source)", "error": "\(error)"])
        }
    }

    /// A restart ends replications: hosts come back to their own stage, and are to be replicated
    /// anew.
    func endUnfinishedReplications() async {
        var cursor: Int64?
        while !Task.isCancelled {
            guard
                let records = try? await storage.replications(
                    ReplicationQuery(isActive: true), after: cursor, limit: limits.sweepPage),
                let last = records.last
            else { return }
            let live = replications.withLock { Set($0.entries.keys) }
            let time = now()
            let ended = records.filter { !live.contains($0.key) }.map { record in
                var record = record
                (record.isActive, record.endedAt) = (false, time)
                return StorageChange.putReplication(record)
            }
            try? await storage.apply(ended)
            cursor = last.position
        }
    }
}

extension MediaReplication {
    fileprivate init(_ key: ReplicationKey) {
        self.init(
            participant: key.participant, source: key.source, destination: key.destination)
    }
}

extension ReplicationOutcome {
    fileprivate init(_ refusal: StageRefusal) {
        let error = SignallingError(refusal, wanted: "PUBLISH")
        switch refusal {
        case .publishersAtCapacity, .participantsAtCapacity:
            self = .refused(.quota, message: error.message)
        case .presentAsReplica:
            self = .refused(
                .conflict, message: "The participant is on the destination stage already.")
        default: self = .refused(.conflict, message: error.message)
        }
    }
}
