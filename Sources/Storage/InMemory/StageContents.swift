import Primitives

/// A stage with all that goes when it goes.
struct StageContents: Sendable {
    /// Whose events are counted together.
    struct Author: Hashable {
        var session: StageSessionID
        var participant: ParticipantID
    }

    var record: StageRecord
    /// Oldest first.
    var sessions: [SessionRecord] = []
    /// A participant's records, one a session; the one that was written last stands last.
    var participants: [ParticipantID: [ParticipantRecord]] = [:]
    /// Oldest first.
    private var events: [Author: [ParticipantEventRecord]] = [:]
    /// Who wrote each event that counts towards the stage's limit, oldest first.
    private var authors: [Author] = []
    /// How many were dropped from ``authors``. The position of an event counts those too.
    private var droppedCount = 0

    init(record: StageRecord) {
        self.record = record
    }

    func newestParticipant(_ id: ParticipantID) -> ParticipantRecord? { participants[id]?.last }

    /// - Parameter position: for one that is new.
    mutating func put(_ session: SessionRecord, position: Int64, limits: StorageLimits) {
        var session = session
        if let index = sessions.firstIndex(where: { $0.id == session.id }) {
            session.position = sessions[index].position
            sessions[index] = session
            return
        }
        session.position = position
        sessions.append(session)
        if sessions.count > limits.sessionsPerStage { forget(sessions.removeFirst().id) }
    }

    private mutating func forget(_ session: StageSessionID) {
        events = events.filter { $0.key.session != session }
        participants = participants.compactMapValues { records in
            let kept = records.filter { $0.session != session || $0.isRevoked }
            return kept.isEmpty ? nil : kept
        }
    }

    /// - Parameter position: for one that is new in its session.
    mutating func put(_ participant: ParticipantRecord, position: Int64) {
        var participant = participant
        var records = participants[participant.id] ?? []
        let known = records.firstIndex { $0.session == participant.session }
        participant.position = known.map { records.remove(at: $0).position } ?? position
        participants[participant.id] = records + [participant]
    }

    mutating func append(_ event: ParticipantEventRecord, limits: StorageLimits) {
        let author = Author(session: event.session, participant: event.participant)
        authors.append(author)
        var event = event
        event.position = Int64(droppedCount + authors.count)
        events[author, default: []].append(event)
        if events[author]!.count > limits.eventsPerParticipant { events[author]!.removeFirst() }
        if authors.count >= 2 * limits.eventsPerStage { compact(limits) }
    }

    /// Drops the events that are no longer among the stage's newest. Done when there are twice as
    /// many, so that the cost is spread; reads see only the newest.
    private mutating func compact(_ limits: StorageLimits) {
        let surplus = authors.count - limits.eventsPerStage
        authors.removeFirst(surplus)
        droppedCount += surplus
        let newestGone = Int64(droppedCount)
        keepEvents { $0.position > newestGone }
    }

    private mutating func keepEvents(where isKept: (ParticipantEventRecord) -> Bool) {
        events = events.compactMapValues { events in
            let kept = events.filter(isKept)
            return kept.isEmpty ? nil : kept
        }
    }

    /// The newest events of one author, newest first.
    func newestEvents(
        of author: Author, before cursor: Int64, limit: Int, limits: StorageLimits
    ) -> [ParticipantEventRecord] {
        let oldest = Int64(droppedCount + authors.count - limits.eventsPerStage + 1)
        let kept = (events[author] ?? []).reversed().prefix { $0.position >= oldest }
        return Array(kept.lazy.filter { $0.position < cursor }.prefix(limit))
    }

    /// Forgets what is older. All of it at once: memory waits for nobody.
    mutating func prune(before time: WallTime) {
        let old = sessions.filter { $0.endedAt.map { $0 < time } ?? false }
        for session in old { forget(session.id) }
        sessions.removeAll { session in old.contains { $0.id == session.id } }
        keepEvents { $0.time >= time }
    }
}
