import Logging
import Primitives
import Stages
import Storage
import Synchronization

// What a process that did not end in order left behind: sessions without an end, with participants
// that seem to be connected.
//
// Each stage is tidied up before anybody enters it, by its room's ``StageRoom/recovery``; so nothing
// of the old session is written when there is something new. Stages that nobody enters get their room
// for a moment from ``endUnfinishedSessions()``, which runs beside everything else and reads the
// sessions without an end only.
extension LiveStages {
    /// When a server was last seen alive.
    private static let heartbeatKey = "live.seen"

    /// Notes that the server is alive, every ``LiveLimits/heartbeat`` while a session goes on.
    func noteLife() async {
        let time = now()
        let places = index.withLock { index -> [Place] in
            if let last = index.lastHeartbeat, time >= last, time - last < limits.heartbeat {
                return []
            }
            return Array(index.places.values)
        }
        guard places.contains(where: { $0.room.read { $0.machine.activeSession != nil } }) else {
            return
        }
        // It must be read before it is overwritten.
        _ = await formerlySeen().value
        index.withLock { $0.lastHeartbeat = time }
        try? await storage.apply([
            .putSetting(key: Self.heartbeatKey, value: "\(time.unixMilliseconds)")
        ])
    }

    /// When the process before this one was last seen alive; `nil` when it never was.
    private func formerlySeen() -> Task<WallTime?, Never> {
        index.withLock { index in
            if let task = index.formerlySeen { return task }
            let task = Task { [storage] () -> WallTime? in
                let settings = try? await storage.settings(prefix: Self.heartbeatKey)
                return settings?[Self.heartbeatKey].flatMap { Int64($0) }
                    .map { WallTime(unixMilliseconds: $0) }
            }
            index.formerlySeen = task
            return task
        }
    }

    /// Ends the sessions that have no end and do not go on.
    func endUnfinishedSessions() async {
        var cursor: Int64?
        while !Task.isCancelled {
            guard
                let sessions = try? await storage.openSessions(
                    after: cursor, limit: limits.sweepPage),
                let last = sessions.last
            else { return }
            for session in sessions { await endIfUnfinished(session) }
            cursor = last.position
        }
    }

    private func endIfUnfinished(_ session: SessionRecord) async {
        guard let room = try? visit(session.stage) else { return }
        defer { leave(room) }
        await room.recovery.value
        // That took care of the stage's newest session. An older one has lost its end to a failure.
        let goesOn = room.read { $0.machine.activeSession == session.id || $0.isBusy }
        guard !goesOn,
            let stored = try? await storage.session(session.id, of: session.stage),
            stored.endedAt == nil
        else { return }
        await end(stored, isNewest: false)
    }

    /// Ends the stage's newest session, if it has no end.
    func recover(_ stage: StageID) async {
        guard
            let session = try? await storage.sessions(of: stage, before: nil, limit: 1).first,
            session.endedAt == nil
        else { return }
        await end(session, isNewest: true)
    }

    /// Ends a session in which nobody is any more, and says of those who seem to be there that they
    /// left: at the latest moment at which the former process may have been alive.
    private func end(_ session: SessionRecord, isNewest: Bool) async {
        let now = now()
        let seen = await formerlySeen().value.map { $0 + limits.heartbeat } ?? now
        let time = min(now, max(seen, session.startedAt))
        do throws(StorageError) {
            let query = ParticipantQuery(
                stage: session.stage, session: session.id, filter: .isConnected(true))
            var cursor: Int64?
            while true {
                let participants = try await storage.participants(
                    query, after: cursor, limit: limits.sweepPage)
                guard let last = participants.last else { break }
                var changes: [StorageChange] = []
                for participant in participants {
                    changes += try await departure(of: participant, at: time, isNewest: isNewest)
                }
                try await storage.apply(notifications.completing(changes))
                cursor = last.position
            }
            var ended = session
            ended.endedAt = time
            try await storage.apply(notifications.completing([.putSession(ended)]))
            notifications?.bell.ring()
        } catch {
            logger.warning(
                "A session that was left open could not be ended",
                metadata: ["stage": "\(session.stage)", "error": "\(error)"])
        }
    }

    private func departure(
        of participant: ParticipantRecord, at time: WallTime, isNewest: Bool
    ) async throws(StorageError) -> [StorageChange] {
        guard let session = participant.session else { return [] }
        if !isNewest {
            // Who has come back since is known by a newer record, which must stay the newest.
            let newest = try await storage.participant(participant.id, of: participant.stage)
            guard newest?.session == session else { return [] }
        }
        let time = max(time, participant.firstJoinedAt ?? time)
        var participant = participant
        participant.isConnected = false
        // A restart ends replications, too.
        participant.replication?.isActive = false
        let details: ParticipantEventRecord.Details? =
            participant.replication?.role == .replica ? .init(isReplica: true) : nil
        func event(_ name: StageEvent.Name) -> StorageChange {
            .appendEvent(
                ParticipantEventRecord(
                    stage: participant.stage, session: session, participant: participant.id,
                    name: name.rawValue, time: time, details: details))
        }
        let wasPublishing = try await isPublishing(participant, in: session)
        return (wasPublishing ? [event(.publishStopped)] : [])
            + [event(.left), .putParticipant(participant)]
    }

    /// Whether the newest event of the participant's publishing is its start.
    private func isPublishing(
        _ participant: ParticipantRecord, in session: StageSessionID
    ) async throws(StorageError) -> Bool {
        guard participant.hasPublished else { return false }
        let events = try await storage.events(
            of: participant.id, stage: participant.stage, session: session, before: nil,
            limit: limits.sweepPage)
        let names = [StageEvent.Name.publishStarted, .publishStopped].map(\.rawValue)
        return events.first { names.contains($0.name) }?.name
            == StageEvent.Name.publishStarted.rawValue
    }
}
