import Foundation
import GRDB
import Primitives
import Storage
import StorageConformance
import Testing

@testable import StorageSQLite

@Suite("Storage in SQLite")
struct SQLiteStorageTests {
    @Test("does what every storage does")
    func conforms() async throws {
        let parent = try TemporaryDirectory()
        try await StorageConformance { limits in
            try SQLiteStorage(directory: parent.path + "/" + UUID().uuidString, limits: limits)
        }.run()
    }

    @Test("keeps what was applied for the next process, also without being closed")
    func reopens() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/a/b"
        let first = try SQLiteStorage(directory: path)
        try await first.apply([.putStage(stage), .putSetting(key: "k", value: "v")])

        // `first` is still open: what a killed process leaves behind.
        let second = try SQLiteStorage(directory: path)
        #expect(try await second.stage(stage.id)?.name == "kept")
        #expect(try await second.settings(prefix: "k") == ["k": "v"])

        // And two at once, as when `rostrum keys` works beside the server.
        try await second.apply([.putSetting(key: "k", value: "w")])
        #expect(try await first.settings(prefix: "k") == ["k": "w"])
    }

    @Test("is for its owner only")
    func permissions() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/data"
        let storage = try SQLiteStorage(directory: path)
        try await storage.apply([.putStage(stage)])
        #expect(try mode(path) == 0o700)
        for suffix in ["", "-wal", "-shm"] {
            #expect(try mode(path + "/" + SQLiteStorage.fileName + suffix) == 0o600)
        }
    }

    @Test("writes through to the disk before it says so")
    func durability() throws {
        let directory = try TemporaryDirectory()
        let storage = try SQLiteStorage(directory: directory.path)
        let (mode, synchronous) = try storage.pragmas()
        #expect(mode == "wal")
        #expect(synchronous == 2, "FULL")
    }

    @Test("refuses a database of a newer program, and leaves it alone")
    func newerSchema() throws {
        let directory = try TemporaryDirectory()
        try SQLiteStorage(directory: directory.path).close()
        let file = directory.path + "/" + SQLiteStorage.fileName
        try DatabaseQueue(path: file).writeWithoutTransaction {
            try $0.execute(sql: "PRAGMA user_version = 99")
        }
        #expect(throws: StorageError.newerSchema(found: 99, supported: Schema.steps.count)) {
            try SQLiteStorage(directory: directory.path)
        }
        let version = try DatabaseQueue(path: file).read {
            try Int.fetchOne($0, sql: "PRAGMA user_version")
        }
        #expect(version == 99)
    }

    @Test("says which path cannot be opened, and why")
    func cannotOpen() throws {
        let directory = try TemporaryDirectory()
        let file = directory.path + "/file"
        try Data("not a database, but long enough to be read as the header of one ...".utf8)
            .write(to: URL(fileURLWithPath: file))
        #expect(throws: StorageError.self) { try SQLiteStorage(directory: file) }
        do {
            _ = try SQLiteStorage(directory: file + "/below")
        } catch {
            guard case .cannotOpen(let text) = error else { throw error }
            #expect(text.hasPrefix(file + "/below/rostrum.sqlite: "))
            #expect(text.contains("Not a directory"), "\(text)")
        }

        let broken = directory.path + "/broken"
        try FileManager.default.createDirectory(
            atPath: broken, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            atPath: file, toPath: broken + "/" + SQLiteStorage.fileName)
        do {
            _ = try SQLiteStorage(directory: broken)
            Issue.record("a file that is no database was opened")
        } catch {
            guard case .cannotOpen(let text) = error else { throw error }
            #expect(text.contains("not a database"), "\(text)")
        }
    }

    @Test("fails with an error, not a trap, once closed")
    func closed() async throws {
        let directory = try TemporaryDirectory()
        let storage = try SQLiteStorage(directory: directory.path)
        try storage.close()
        await #expect(throws: StorageError.self) { try await storage.apply([.putStage(stage)]) }
        await #expect(throws: StorageError.self) { try await storage.stage(stage.id) }
    }

    private let stage = StageRecord(
        id: StageID("S1"), arn: "arn", name: "kept", tags: [:],
        createdAt: WallTime(unixSeconds: 1))

    private func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? NSNumber).intValue
    }
}

/// A directory of its own for a test, removed with the value.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "rostrum-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}
