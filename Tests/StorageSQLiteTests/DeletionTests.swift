import Foundation
import GRDB
import Primitives
import Storage
import Testing

@testable import StorageSQLite

@Suite("Deleting a large stage")
struct DeletionTests {
    @Test("takes a slice of it at a time, and nothing of others")
    func slices() async throws {
        let directory = try TemporaryDirectory()
        let storage = try SQLiteStorage(
            directory: directory.path, limits: StorageLimits(pruneSlice: 10))
        for id in ["A", "B", "C"] { try await fill(id, of: storage) }
        let all = try await rows(in: storage)
        #expect(all == [3, 90, 120])

        try await storage.apply([.deleteStage(StageID("A"))])
        let once = try await rows(in: storage)
        #expect(once[0] == 3, "marked")
        #expect(once[1] >= 90 - 11 && once[1] < 90)
        #expect(once[2] >= 120 - 11 && once[2] < 120)
        try await storage.apply([.deleteStage(StageID("B"))])

        var rounds = 0
        var before = try await rows(in: storage)
        while before != [1, 30, 40], rounds < 20 {
            rounds += 1
            try await storage.apply([.prune(before: WallTime(unixMilliseconds: 1))])
            let after = try await rows(in: storage)
            #expect(before[1] - after[1] <= 21 && before[2] - after[2] <= 21)
            before = after
        }
        #expect((4...9).contains(rounds), "\(rounds)")
        #expect(try await storage.participant(ParticipantID("P3"), of: StageID("C")) != nil)
    }

    /// 30 participants and 40 events.
    private func fill(_ id: String, of storage: SQLiteStorage) async throws {
        let (stage, session) = (StageID(id), StageSessionID("st-1"))
        let time = WallTime(unixMilliseconds: 5)
        var changes: [StorageChange] = [
            .putStage(StageRecord(id: stage, arn: id, name: "", tags: [:], createdAt: time))
        ]
        changes += (0..<30).map {
            .putParticipant(
                ParticipantRecord(id: ParticipantID("P\($0)"), stage: stage, session: session))
        }
        changes += (0..<40).map { _ in
            .appendEvent(
                ParticipantEventRecord(
                    stage: stage, session: session, participant: ParticipantID("P1"),
                    name: "JOINED", time: time))
        }
        try await storage.apply(changes)
    }

    /// Of stages, participants and events.
    private func rows(in storage: SQLiteStorage) async throws -> [Int] {
        try await storage.pool.read { database in
            try ["stage", "participant", "event"].map {
                try Int.fetchOne(database, sql: "SELECT count(*) FROM \($0)") ?? 0
            }
        }
    }
}
