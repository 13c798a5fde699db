import ArgumentParser
import Foundation
import Storage
import StorageSQLite
import Testing

@testable import StageServer

@Suite struct BackupCommandTests {
    @Test func aBackupIsRestoredIntoAnotherDirectory() async throws {
        let scratch = NSTemporaryDirectory() + "/rostrum-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        let source = try SQLiteStorage(directory: scratch + "/one")
        try await source.apply([.putSetting(key: "k", value: "v")])

        try run(["backup", scratch + "/file", "--data", scratch + "/one"])
        try run(["restore", scratch + "/file", "--data", scratch + "/two"])
        let copy = try SQLiteStorage(directory: scratch + "/two")
        #expect(try await copy.settings(prefix: "") == ["k": "v"])
    }

    @Test func whatIsWrongIsOneLine() throws {
        for (arguments, line) in [
            (
                ["backup", "/nowhere/file", "--data", "/nowhere/data"],
                "rostrum: no backup was made: there is no database in /nowhere/data"
            ),
            (
                ["restore", "/nowhere/file", "--data", "/nowhere/data"],
                "rostrum: nothing was restored: there is no file /nowhere/file"
            ),
        ] {
            #expect {
                try run(arguments)
            } throws: {
                ($0 as? StartRefusal)?.line == line
            }
        }
    }

    @Test func progressIsALineForEachTenth() {
        var told: [String] = []
        let lines = ProgressLines { told.append($0) }
        for done in stride(from: Int64(0), through: 10_000_000, by: 400_000) {
            lines.tell(
                BackupProgress(step: .copying, completedBytes: done, totalBytes: 10_000_000))
        }
        lines.tell(BackupProgress(step: .checking, completedBytes: 0, totalBytes: 0))
        lines.tell(BackupProgress(step: .replacing, completedBytes: 4096, totalBytes: 4096))
        #expect(told.count == 13)
        #expect(told.first == "copied 0% of 10.0 MB")
        #expect(
            told[10...] == [
                "copied 100% of 10.0 MB", "checking the copy", "replaced 100% of 0.1 MB",
            ])
    }

    private func run(_ arguments: [String]) throws {
        var command = try RostrumCommand.parseAsRoot(arguments)
        try command.run()
    }
}
