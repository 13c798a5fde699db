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
        /// Runs while the publisher is away, until it is waited for no longer.
        var window: Task<Void, Never>?
    }

    private(set) var entries: [ReplicationKey: Entry] = [:]
    /// Of every source, for a quick look at those that have none.
    private var sources: [StageID: Set<ReplicationKey>] = [:]

    mutating func insert(_ record: ReplicationRecord) {
        entries[record.key] = Entry(record: record)
        sources[record.sourceStage, default: []].insert(record.key)
    }

    mutating func remove(_ key: ReplicationKey) -> Entry? {
        sources[key.source]?.remove(key)
        if sources[key.source]?.isEmpty == true { sources[key.source] = nil }
        return entries.removeValue(forKey: key)
    }

    func records(from source: StageID) -> [ReplicationRecord] {
        (sources[source] ?? []).compactMap { entries[$0]?.record }
    }

    func count(of participant: ParticipantID, from source: StageID) -> Int {
        (sources[source] ?? []).count { $0.participant == participant }
    }

    mutating func setWindow(_ window: Task<Void, Never>?, of key: ReplicationKey) {
        entries[key]?.window?.cancel()
        entries[key]?.window = window
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
