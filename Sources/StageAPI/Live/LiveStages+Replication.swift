package import Primitives
import Signalling
import Stages
import Storage
import Synchronization

// Publishers that are seen on more stages than their own.
//
// The rooms of the two stages know nothing of each other. What the source's publishers come to is
// heard after it was stored, and handed on to the destination's room without waiting for it: two
// stages may well replicate to each other. Replications begin and end one at a time, so that none
// ends while it begins. Each step is stored before the next one is taken, and what a failure or a
// crash cuts off is ended like any other: at once, or by ``endUnfinishedReplications()``.
extension LiveStages {
    package func startReplication(
        _ request: ReplicationRequest
    ) async throws -> ReplicationOutcome {
        try await replicationTurn.run { () async throws -> ReplicationOutcome in
            try await start(request)
        }
    }

    private func start(_ request: ReplicationRequest) async throws -> ReplicationOutcome {
        guard let source = index.withLock({ $0.places[request.source]?.room }) else {
            return .absent
        }
        let (view, session) = source.read {
            ($0.machine.view(of: request.participant), $0.machine.activeSession)
        }
        guard let view, let session else { return .absent }
        if let refusal = refusal(of: request, view) { return refusal }
        let room: StageRoom
        do throws(SignallingError) {
            room = try visit(request.destination)
        } catch {
            return .refused(.conflict, message: error.message)
        }
        defer { leave(room) }
        await room.recovery.value
        let origin = SessionReference(stage: request.source, session: session)
        switch try await admit(view, of: origin, by: request, to: room) {
        case .refused(let refusal): return ReplicationOutcome(refusal)
        case .admitted(let destination):
            try await begin(
                ReplicationRecord(request, of: session, in: destination, at: now()), in: source)
            return .started
        }
    }

    private func refusal(
        of request: ReplicationRequest, _ view: ParticipantView
    ) -> ReplicationOutcome? {
        // A replica has no media of its own to be seen elsewhere.
        guard view.isPublishing, !view.isReplica else { return .notPublishing }
        let (isKnown, count) = replications.withLock {
            (
                $0.entries[request.key] != nil,
                $0.count(of: request.participant, from: request.source)
            )
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
            canSubscribe: false, past: stored.map(ParticipantPast.init))
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
            _ = await room.perform { ((), $0.machine.removeReplica(view.id, at: time)) }
            throw failure
        }
        guard let session = result.1 else { return .refused(.resourceGone) }
        return .admitted(session)
    }

    private func sourceClient(of request: ReplicationRequest) -> ClientFacts? {
        index.withLock { $0.places[request.source]?.room }?
            .read { $0.clients[request.participant] }
    }

    /// The replica is on its stage: what is left is to keep it there, to bring it media, and to let
    /// it hear of its publisher.
    private func begin(_ record: ReplicationRecord, in source: StageRoom) async throws {
        replications.withLock { $0.insert(record) }
        var failure: StorageError?
        do throws(StorageError) {
            try await storage.apply([.putReplication(record)])
        } catch {
            failure = error
        }
        if failure == nil {
            // Before anybody is told that there is something to subscribe to.
            await media.replicate(MediaReplication(record.key))
        }
        let time = now()
        let told = await source.perform { state in
            let actions = state.machine.replicationStarted(
                of: record.participant, in: record.sourceSession, to: record.destination, at: time)
            return ((), actions)
        }
        if let failure = failure ?? told.failure {
            await endInTurn(record.key, at: time)
            throw failure
        }
    }

    package func stopReplication(
        of participant: ParticipantID, from source: StageID, to destination: StageID
    ) async throws -> Bool {
        await end(
            ReplicationKey(participant: participant, source: source, destination: destination),
            at: now())
    }
}

// What becomes of the source.
extension LiveStages {
    /// Hands on what the publishers of a stage have come to. Called in the order in which that
    /// happened.
    func replicate(_ snapshot: StageSnapshot, of stage: StageID) {
        for record in replications.withLock({ $0.records(from: stage) }) {
            follow(record, snapshot)
        }
    }

    private func follow(_ record: ReplicationRecord, _ snapshot: StageSnapshot) {
        let key = record.key
        let time = now()
        let view = snapshot.publishers.first { $0.id == key.participant }
        let isOver = replications.withLock { $0.note(isAway: view == nil, of: key, at: time) }
        if let room = index.withLock({ $0.places[key.destination]?.room }) {
            room.post { state in
                state.machine.updateReplica(key.participant, to: view, record, at: time)
            }
        }
        if isOver { Task { await endOverdueReplications() } }
    }

    /// Ends the replications whose publishers are waited for no longer.
    func endOverdueReplications() async {
        let time = now()
        let keys = replications.withLock { table in
            table.entries.filter { $0.value.isOver(at: time) }.map(\.key)
        }
        for key in keys { await end(key, at: time) { $0.isOver(at: time) } }
    }
}

extension StageMachine {
    /// - Parameter view: the publisher on its own stage; `nil` while it is away.
    fileprivate mutating func updateReplica(
        _ participant: ParticipantID, to view: ParticipantView?, _ record: ReplicationRecord,
        at now: WallTime
    ) -> [StageAction] {
        guard let seen = view ?? self.view(of: participant) else { return [] }
        return updateReplica(
            participant, to: view.map(ReplicaState.init) ?? ReplicaState(), userID: seen.userID,
            attributes: seen.attributes.merging(record.attributes) { $1 }, at: now)
    }
}

extension StageMachine.ReplicaState {
    fileprivate init(_ view: ParticipantView) {
        self.init(
            isPublishing: view.isPublishing, audioMuted: view.audioMuted,
            videoStopped: view.videoStopped, mutedByModerator: view.mutedByModerator,
            layers: view.layers)
    }
}

extension ReplicationRequest {
    fileprivate var key: ReplicationKey {
        ReplicationKey(participant: participant, source: source, destination: destination)
    }
}

extension ReplicationRecord {
    fileprivate init(
        _ request: ReplicationRequest, of sourceSession: StageSessionID,
        in destinationSession: StageSessionID, at time: WallTime
    ) {
        self.init(
            participant: request.participant, sourceStage: request.source,
            sourceSession: sourceSession, destinationStage: request.destination,
            destinationSession: destinationSession, attributes: request.attributes,
            reconnectWindowSeconds: request.reconnectWindowSeconds, startedAt: time)
    }
}

extension MediaReplication {
    init(_ key: ReplicationKey) {
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
