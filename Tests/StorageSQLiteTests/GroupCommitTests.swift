import Foundation
import GRDB
import Storage
import Testing

@testable import StorageSQLite

@Suite("Batches that wait at the same time")
struct GroupCommitTests {
    /// A storage in which writing the setting `poison` fails.
    private func make(_ directory: TemporaryDirectory) async throws -> SQLiteStorage {
        let storage = try SQLiteStorage(directory: directory.path)
        try await storage.pool.write {
            try $0.execute(
                sql: """
                    CREATE TRIGGER poison BEFORE INSERT ON setting WHEN new.key = 'poison'
                    BEGIN SELECT RAISE(ABORT, 'poisoned'); END
                    """)
        }
        return storage
    }

    @Test("fail alone")
    func oneThatFailsTakesNobodyAlong() async throws {
        let directory = try TemporaryDirectory()
        let storage = try await make(directory)
        let failures = await withTaskGroup(of: (Int, Bool).self) { group in
            for number in 0..<200 {
                group.addTask {
                    var changes: [StorageChange] = [.putSetting(key: "a\(number)", value: "")]
                    if number.isMultiple(of: 7) {
                        changes.append(.putSetting(key: "poison", value: ""))
                    }
                    do {
                        try await storage.apply(changes)
                        return (number, false)
                    } catch {
                        return (number, true)
                    }
                }
            }
            var failed: Set<Int> = []
            for await (number, hasFailed) in group where hasFailed { failed.insert(number) }
            return failed
        }
        #expect(failures == Set((0..<200).filter { $0.isMultiple(of: 7) }))
        let kept = try await storage.settings(prefix: "a")
        let wanted = (0..<200).filter { !$0.isMultiple(of: 7) }.map { "a\($0)" }
        #expect(Set(kept.keys) == Set(wanted), "what failed left nothing, what did not is there")
    }

    @Test("share a transaction")
    func manyWritersShareCommits() async throws {
        let directory = try TemporaryDirectory()
        let storage = try SQLiteStorage(directory: directory.path)
        let before = storage.writtenTransactions
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<500 {
                group.addTask {
                    try? await storage.apply([.putSetting(key: "k\(number)", value: "")])
                }
            }
        }
        #expect(try await storage.settings(prefix: "k").count == 500)
        let taken = storage.writtenTransactions - before
        #expect(taken < 250, "\(taken) commits for 500 batches")
    }
}
