package import Primitives
import Synchronization

/// ``Storage`` that forgets when the process ends: for tests and `--dev`. The sibling of the real
/// ones, held to the same conformance suite.
package final class InMemoryStorage: Storage {
    private let limits: StorageLimits
    private let contents = Mutex(Contents())

    package init(limits: StorageLimits = StorageLimits()) {
        self.limits = limits
    }

    package func apply(_ changes: [StorageChange]) async throws(StorageError) {
        contents.withLock { contents in
            for change in changes { contents.apply(change, limits: limits) }
        }
    }

    package func stage(_ id: StageID) async throws(StorageError) -> StageRecord? {
        contents.withLock { $0.stages[id]?.record }
    }

    package func stages(
        after cursor: Int64?, limit: Int
    ) async throws(StorageError) -> [StageRecord] {
        let records = contents.withLock { $0.stages.values.map(\.record) }
        let wanted = records.filter { $0.position > cursor ?? 0 }.sorted {
            $0.position < $1.position
        }
        return Array(wanted.prefix(limit))
    }

    package func participant(
        _ id: ParticipantID, of stage: StageID
    ) async throws(StorageError) -> ParticipantRecord? {
        contents.withLock { $0.stages[stage]?.participants[id]?.last }
    }

    package func events(
        of participant: ParticipantID, stage: StageID, session: StageSessionID, limit: Int
    ) async throws(StorageError) -> [ParticipantEventRecord] {
        let key = StageContents.Author(session: session, participant: participant)
        return contents.withLock { contents in
            contents.stages[stage]?.newestEvents(of: key, limit: limit, limits: limits) ?? []
        }
    }

    package func sessions(
        of stage: StageID, limit: Int
    ) async throws(StorageError) -> [SessionRecord] {
        let sessions = contents.withLock { $0.stages[stage]?.sessions } ?? []
        return sessions.suffix(limit).reversed()
    }

    package func settings(prefix: String) async throws(StorageError) -> [String: String] {
        contents.withLock { $0.settings.filter { $0.key.hasPrefix(prefix) } }
    }
}

/// Everything that is stored.
private struct Contents: Sendable {
    var stages: [StageID: StageContents] = [:]
    var settings: [String: String] = [:]
    var lastPosition: Int64 = 0

    mutating func apply(_ change: StorageChange, limits: StorageLimits) {
        switch change {
        case .putStage(let record): put(record)
        case .deleteStage(let id): stages[id] = nil
        case .putSession(let record): stages[record.stage]?.put(record, limits: limits)
        case .putParticipant(let record): stages[record.stage]?.put(record)
        case .appendEvent(let record): stages[record.stage]?.append(record, limits: limits)
        case .putSetting(let key, let value): settings[key] = value
        case .removeSetting(let key): settings[key] = nil
        }
    }

    private mutating func put(_ record: StageRecord) {
        var record = record
        if let known = stages[record.id] {
            record.position = known.record.position
            stages[record.id]?.record = record
        } else {
            lastPosition += 1
            record.position = lastPosition
            stages[record.id] = StageContents(record: record)
        }
    }
}

/// A stage with all that goes when it goes.
private struct StageContents: Sendable {
    /// Whose events are counted together.
    struct Author: Hashable {
        var session: StageSessionID
        var participant: ParticipantID
    }
    struct NumberedEvent {
        /// Counts the events of the stage, also those that were dropped.
        var sequence: Int
        var record: ParticipantEventRecord
    }

    var record: StageRecord
    /// Oldest first.
    var sessions: [SessionRecord] = []
    /// A participant's records, one a session; the one that was written last stands last.
    var participants: [ParticipantID: [ParticipantRecord]] = [:]
    /// Oldest first.
    var events: [Author: [NumberedEvent]] = [:]
    /// Who wrote each event that counts towards the stage's limit, oldest first.
    var authors: [Author] = []
    /// How many were dropped from ``authors``.
    var droppedCount = 0

    init(record: StageRecord) {
        self.record = record
    }

    mutating func put(_ session: SessionRecord, limits: StorageLimits) {
        if let index = sessions.firstIndex(where: { $0.id == session.id }) {
            sessions[index] = session
            return
        }
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

    mutating func put(_ participant: ParticipantRecord) {
        var records = participants[participant.id] ?? []
        records.removeAll { $0.session == participant.session }
        participants[participant.id] = records + [participant]
    }

    mutating func append(_ event: ParticipantEventRecord, limits: StorageLimits) {
        let author = Author(session: event.session, participant: event.participant)
        authors.append(author)
        events[author, default: []].append(
            NumberedEvent(sequence: droppedCount + authors.count, record: event))
        if events[author]!.count > limits.eventsPerParticipant { events[author]!.removeFirst() }
        if authors.count >= 2 * limits.eventsPerStage { compact(limits) }
    }

    /// Drops the events that are no longer among the stage's newest. Done when there are twice as
    /// many, so that the cost is spread; reads see only the newest.
    private mutating func compact(_ limits: StorageLimits) {
        let surplus = authors.count - limits.eventsPerStage
        authors.removeFirst(surplus)
        droppedCount += surplus
        events = events.compactMapValues { numbered in
            let kept = numbered.filter { $0.sequence > droppedCount }
            return kept.isEmpty ? nil : kept
        }
    }

    /// The newest events of one author, newest first.
    func newestEvents(
        of author: Author, limit: Int, limits: StorageLimits
    ) -> [ParticipantEventRecord] {
        let oldest = droppedCount + authors.count - limits.eventsPerStage + 1
        let kept = (events[author] ?? []).reversed().prefix { $0.sequence >= oldest }
        return kept.prefix(limit).map(\.record)
    }
}
