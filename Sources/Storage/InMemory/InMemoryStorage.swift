package import Primitives
import Synchronization

/// ``Storage`` that forgets when the process ends: for tests and `--dev`. The sibling of the real
/// ones, held to the same conformance suite.
package final class InMemoryStorage: Storage {
    private let contents: Mutex<Contents>

    package init(limits: StorageLimits = StorageLimits()) {
        contents = Mutex(Contents(limits: limits))
    }

    package func apply(_ changes: [StorageChange]) async throws(StorageError) {
        contents.withLock { contents in
            for change in changes { contents.apply(change) }
        }
    }
}

extension InMemoryStorage {
    package func stage(_ id: StageID) async throws(StorageError) -> StageRecord? {
        contents.withLock { $0.stages[id]?.record }
    }

    package func stages(
        after cursor: Int64?, limit: Int
    ) async throws(StorageError) -> [StageRecord] {
        contents.withLock { contents in
            page(contents.stages.values.map(\.record), after: cursor, limit, by: \.position)
        }
    }

    package func stageCount() async throws(StorageError) -> Int {
        contents.withLock { $0.stages.count }
    }

    package func settings(prefix: String) async throws(StorageError) -> [String: String] {
        contents.withLock { $0.settings.filter { $0.key.hasPrefix(prefix) } }
    }
}

extension InMemoryStorage {
    package func session(
        _ id: StageSessionID, of stage: StageID
    ) async throws(StorageError) -> SessionRecord? {
        contents.withLock { $0.stages[stage]?.sessions.first { $0.id == id } }
    }

    package func sessions(
        of stage: StageID, before cursor: Int64?, limit: Int
    ) async throws(StorageError) -> [SessionRecord] {
        let sessions = contents.withLock { $0.stages[stage]?.sessions } ?? []
        return Array(sessions.reversed().lazy.filter { $0.position < cursor ?? .max }.prefix(limit))
    }

    package func openSessions(
        after cursor: Int64?, limit: Int
    ) async throws(StorageError) -> [SessionRecord] {
        let all = contents.withLock { $0.stages.values.flatMap(\.sessions) }
        return page(all.filter { $0.endedAt == nil }, after: cursor, limit, by: \.position)
    }

    package func participant(
        _ id: ParticipantID, of stage: StageID
    ) async throws(StorageError) -> ParticipantRecord? {
        contents.withLock { $0.stages[stage]?.newestParticipant(id) }
    }

    package func participant(
        _ id: ParticipantID, of stage: StageID, in session: StageSessionID
    ) async throws(StorageError) -> ParticipantRecord? {
        contents.withLock { $0.stages[stage]?.participants[id]?.first { $0.session == session } }
    }

    package func participants(
        _ query: ParticipantQuery, after cursor: Int64?, limit: Int
    ) async throws(StorageError) -> [ParticipantRecord] {
        let all = contents.withLock { $0.stages[query.stage]?.participants.values.flatMap { $0 } }
        let wanted = (all ?? []).filter { $0.session == query.session && query.wants($0) }
        return page(wanted, after: cursor, limit, by: \.position)
    }

    package func events(
        of participant: ParticipantID, stage: StageID, session: StageSessionID,
        before cursor: Int64?, limit: Int
    ) async throws(StorageError) -> [ParticipantEventRecord] {
        let author = StageContents.Author(session: session, participant: participant)
        return contents.withLock { contents in
            contents.stages[stage]?.newestEvents(
                of: author, before: cursor ?? .max, limit: limit, limits: contents.limits) ?? []
        }
    }

    package func replications(
        _ query: ReplicationQuery, after cursor: Int64?, limit: Int
    ) async throws(StorageError) -> [ReplicationRecord] {
        let all = contents.withLock { $0.replications }
        return page(all.filter(query.wants), after: cursor, limit, by: \.position)
    }
}

extension InMemoryStorage {
    package func resource(
        _ kind: ResourceRecord.Kind, _ id: String
    ) async throws(StorageError) -> ResourceRecord? {
        contents.withLock { $0.resources.first { $0.kind == kind && $0.id == id } }
    }

    package func resources(
        _ query: ResourceQuery, after cursor: Int64?, limit: Int
    ) async throws(StorageError) -> [ResourceRecord] {
        let all = contents.withLock { $0.resources }
        return page(all.filter(query.wants), after: cursor, limit, by: \.position)
    }

    package func resourceCount(_ query: ResourceQuery) async throws(StorageError) -> Int {
        contents.withLock { $0.resources.count(where: query.wants) }
    }
}

extension InMemoryStorage {
    package func webhooks() async throws(StorageError) -> [WebhookRecord] {
        let all = contents.withLock { $0.outbox.webhooks }
        return all.values.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
    }

    package func notifications(
        after cursor: Int64, stage: StageID?, limit: Int
    ) async throws(StorageError) -> [NotificationRecord] {
        let all = contents.withLock { $0.outbox.notifications }
        return Array(
            all.lazy.filter { $0.position > cursor && (stage == nil || $0.stage == stage) }
                .prefix(limit))
    }

    package func lastNotification() async throws(StorageError) -> Int64 {
        contents.withLock { $0.outbox.lastPosition }
    }

    package func deliveries(
        _ state: DeliveryRecord.State, to webhook: String?, after cursor: Int64, limit: Int
    ) async throws(StorageError) -> [DeliveryRecord] {
        let all = contents.withLock { $0.outbox.deliveries }.filter {
            $0.state == state && (webhook == nil || $0.webhook == webhook)
                && $0.notification.position > cursor
        }.sorted {
            ($0.notification.position, $0.webhook) < ($1.notification.position, $1.webhook)
        }
        guard let last = all.prefix(limit).last else { return [] }
        return Array(all.prefix { $0.notification.position <= last.notification.position })
    }
}

/// A page of what has an order.
private func page<Record>(
    _ records: [Record], after cursor: Int64?, _ limit: Int, by position: KeyPath<Record, Int64>
) -> [Record] {
    let wanted = records.filter { $0[keyPath: position] > cursor ?? 0 }
    return Array(
        wanted.sorted { $0[keyPath: position] < $1[keyPath: position] }.prefix(limit))
}

extension ParticipantQuery {
    fileprivate func wants(_ record: ParticipantRecord) -> Bool {
        switch filter {
        case nil: true
        case .userID(let id): record.userID == id
        case .hasPublished(let value): record.hasPublished == value
        case .isConnected(let value): record.isConnected == value
        case .recordingState(let state): record.recordingState == state
        }
    }
}

extension ReplicationQuery {
    fileprivate func wants(_ record: ReplicationRecord) -> Bool {
        (participant == nil || record.participant == participant)
            && (sourceStage == nil || record.sourceStage == sourceStage)
            && (destinationStage == nil || record.destinationStage == destinationStage)
            && (isActive == nil || record.isActive == isActive)
    }
}

extension ResourceQuery {
    fileprivate func wants(_ record: ResourceRecord) -> Bool {
        record.kind == kind && (state == nil || record.state == state)
            && links.isSubset(of: record.links)
    }
}
