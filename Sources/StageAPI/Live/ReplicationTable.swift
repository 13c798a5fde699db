import Primitives
import Stages
import Storage

/// Which replication: there is at most one of each that goes on.
struct ReplicationKey: Hashable, Sendable {
    var participant: ParticipantID
    var source: StageID
    var destination: StageID
}

/// The replications that go on.
struct ReplicationTable: Sendable {
    struct Entry: Sendable {
        var record: ReplicationRecord
        /// Since when the publisher is away; `nil` while it is there.
        var awaySince: WallTime?

        /// It is waited for no longer.
        func isOver(at now: WallTime) -> Bool {
            guard let awaySince else { return false }
            return now - awaySince >= .seconds(record.reconnectWindowSeconds)
        }
    }

    private(set) var entries: [ReplicationKey: Entry] = [:]
    /// Of every source, for a quick look at those that have none.
    private var sources: [StageID: Set<ReplicationKey>] = [:]

    mutating func insert(_ record: ReplicationRecord) {
        entries[record.key] = Entry(record: record)
        sources[record.sourceStage, default: []].insert(record.key)
    }

    mutating func remove(_ key: ReplicationKey) -> ReplicationRecord? {
        sources[key.source]?.remove(key)
        if sources[key.source]?.isEmpty == true { sources[key.source] = nil }
        return entries.removeValue(forKey: key)?.record
    }

    func records(from source: StageID) -> [ReplicationRecord] {
        (sources[source] ?? []).compactMap { entries[$0]?.record }
    }

    func count(of participant: ParticipantID, from source: StageID) -> Int {
        (sources[source] ?? []).count { $0.participant == participant }
    }

    /// Notes whether the publisher is there.
    /// - Returns: whether it is waited for no longer.
    mutating func note(isAway: Bool, of key: ReplicationKey, at now: WallTime) -> Bool {
        guard var entry = entries[key] else { return false }
        entry.awaySince = isAway ? entry.awaySince ?? now : nil
        entries[key] = entry
        return entry.isOver(at: now)
    }
}

extension ReplicationRecord {
    var key: ReplicationKey {
        ReplicationKey(
            participant: participant, source: sourceStage, destination: destinationStage)
    }

    var destination: SessionReference {
        SessionReference(stage: destinationStage, session: destinationSession)
    }
}
