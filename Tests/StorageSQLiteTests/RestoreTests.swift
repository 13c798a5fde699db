import Foundation
import GRDB
import Primitives
import Storage
import Testing

@testable import StorageSQLite

@Suite("Restore")
struct RestoreTests {
    let parent: TemporaryDirectory
    var data: String { parent.path + "/data" }
    var file: String { parent.path + "/backup" }

    init() throws { parent = try TemporaryDirectory() }

    @Test("makes a data directory where there is none")
    func newDirectory() async throws {
        try await makeBackup(of: ["k": "saved"])
        let other = parent.path + "/a/b"
        try SQLiteStorage.restore(from: file, directory: other)
        #expect(try mode(other) == 0o700)
        #expect(try mode(other + "/rostrum.sqlite") == 0o600)
        #expect(try await SQLiteStorage(directory: other).settings(prefix: "") == ["k": "saved"])
        #expect(try !files(in: other).contains { $0.contains("restoring") })
    }

    @Test("a server that runs reads the restored content at once, and writes on")
    func liveServer() async throws {
        try await makeBackup(of: ["k": "saved"])
        let live = try SQLiteStorage(directory: data)
        try await live.apply([
            .putSetting(key: "k", value: "lost"), .putSetting(key: "l", value: "lost"),
            .putStage(stage("later")),
        ])
        #expect(try await live.settings(prefix: "").count == 2)
        try SQLiteStorage.restore(from: file, directory: data)

        #expect(try await live.settings(prefix: "") == ["k": "saved"])
        #expect(try await live.stages(after: nil, limit: 9).isEmpty)
        try await live.apply([.putSetting(key: "m", value: "after"), .putStage(stage("after"))])
        // And what is written afterwards is there for the next process.
        let next = try SQLiteStorage(directory: data)
        #expect(try await next.settings(prefix: "") == ["k": "saved", "m": "after"])
        #expect(try await next.stage(StageID("after")) != nil)
        #expect(try live.pragmas().journalMode == "wal")
    }

    @Test("happens at once for who reads, between the writes of who writes")
    func atOnce() async throws {
        let many = Dictionary(uniqueKeysWithValues: (0..<3_000).map { ("a/\($0)", "saved") })
        try await makeBackup(of: many)
        let live = try SQLiteStorage(directory: data)
        try await live.apply(
            (0..<3_000).map { .putSetting(key: "a/\($0)", value: "live") })
        let (data, file) = (data, file)
        try await withThrowingTaskGroup(of: Void.self) { group in
            let isDone = Flag()
            group.addTask {
                while !isDone.isSet {
                    let values = Set(try await live.settings(prefix: "a/").values)
                    #expect(values.count == 1)
                }
            }
            group.addTask {
                while !isDone.isSet { try await live.apply([.putSetting(key: "w", value: "w")]) }
            }
            group.addTask {
                defer { isDone.set() }
                try SQLiteStorage.restore(from: file, directory: data) { _ in
                    Thread.sleep(forTimeInterval: 0.01)
                }
            }
            try await group.waitForAll()
        }
        #expect(Set(try await live.settings(prefix: "a/").values) == ["saved"])
    }

    @Test("a smaller or a larger database takes the place of another")
    func sizes() async throws {
        try await makeBackup(of: ["k": "small"])
        try await fill(data)
        try SQLiteStorage.restore(from: file, directory: data)
        #expect(try await SQLiteStorage(directory: data).settings(prefix: "") == ["k": "small"])
        let large = parent.path + "/large"
        try await fill(large)
        try SQLiteStorage.restore(from: large + "/rostrum.sqlite", directory: data)
        #expect(try await SQLiteStorage(directory: data).settings(prefix: "").count == 1_000)
    }

    @Test("a backup of an earlier version is brought to this one's form")
    func migrates() async throws {
        try await makeBackup(of: [:])
        let old = parent.path + "/old"
        let database = try DatabaseQueue(path: old)
        try await database.writeWithoutTransaction { database in
            try Schema.steps[0](database)
            try database.execute(
                sql: """
                    INSERT INTO stage (id, arn, name, tags, createdAt)
                    VALUES ('S1', 'arn:S1', 'S1', '{}', 1000);
                    PRAGMA user_version = 1
                    """)
        }
        try database.close()
        let before = try Data(contentsOf: URL(fileURLWithPath: old))
        let live = try SQLiteStorage(directory: data)
        try SQLiteStorage.restore(from: old, directory: data)
        #expect(try await live.stage(StageID("S1"))?.name == "S1")
        #expect(try await live.notifications(after: 0, stage: nil, limit: 1).isEmpty)
        #expect(try Data(contentsOf: URL(fileURLWithPath: old)) == before)
    }

    @Test("refuses a file that is no backup, and changes nothing")
    func refusesFiles() async throws {
        let live = try SQLiteStorage(directory: data)
        try await live.apply([.putSetting(key: "k", value: "live")])
        let letter = parent.path + "/letter"
        try Data(String(repeating: "dear ", count: 999).utf8)
            .write(to: URL(fileURLWithPath: letter))
        let foreign = parent.path + "/foreign"
        try await DatabaseQueue(path: foreign).writeWithoutTransaction {
            try $0.execute(sql: "CREATE TABLE letter (text); PRAGMA user_version = 1")
        }
        let empty = parent.path + "/empty"
        try Data().write(to: URL(fileURLWithPath: empty))
        for (source, words) in [
            (letter, "\(letter) is not a backup"), (foreign, "\(foreign) is not a backup"),
            (empty, "\(empty) is not a backup"), (parent.path + "/none", "there is no file"),
            (data + "/rostrum.sqlite", "is the database itself"), (data, data),
        ] {
            #expect(try refusal(restoring: source, into: data).contains(words), "\(source)")
        }
        #expect(try await live.settings(prefix: "") == ["k": "live"])
        #expect(try !files(in: data).contains { $0.contains("restoring") })
    }

    @Test("refuses a backup of a newer program, and a database of one")
    func newerSchema() async throws {
        try await makeBackup(of: [:])
        let live = try SQLiteStorage(directory: data)
        try await live.apply([.putSetting(key: "k", value: "live")])
        func setVersion(_ version: Int, _ path: String) throws {
            try DatabaseQueue(path: path).writeWithoutTransaction {
                try $0.execute(sql: "PRAGMA user_version = \(version)")
            }
        }
        let newer = StorageError.newerSchema(found: 99, supported: Schema.steps.count)
        try setVersion(99, file)
        #expect(throws: newer) { try SQLiteStorage.restore(from: file, directory: data) }
        try setVersion(Schema.steps.count, file)
        try setVersion(99, data + "/rostrum.sqlite")
        #expect(throws: newer) { try SQLiteStorage.restore(from: file, directory: data) }
        #expect(try await live.settings(prefix: "") == ["k": "live"])
    }

    @Test("refuses a damaged backup, and says what to do about a damaged database")
    func damagedFiles() async throws {
        try await fill(data)
        let broken = parent.path + "/broken"
        try FileManager.default.copyItem(atPath: data + "/rostrum.sqlite", toPath: broken)
        try damage(broken)
        let words = try refusal(restoring: broken, into: data)
        #expect(words.contains("damaged") || words.contains("malformed"), "\(words)")
        #expect(try await SQLiteStorage(directory: data).settings(prefix: "").count == 1_000)

        try await makeBackup(of: [:])
        let other = parent.path + "/other"
        try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
        try Data(repeating: 7, count: 9_000)
            .write(to: URL(fileURLWithPath: other + "/rostrum.sqlite"))
        #expect(try refusal(restoring: file, into: other).contains("move it away"))
    }

    @Test("says which directory cannot be written")
    func unwritable() async throws {
        try await makeBackup(of: [:])
        #expect(try refusal(restoring: file, into: "/proc/rostrum").contains("/proc/rostrum"))
        #expect(try refusal(restoring: file, into: file + "/below").contains("Not a directory"))
        #expect(try refusal(restoring: file, into: file).contains("Not a directory"))
    }

    private func makeBackup(of settings: [String: String]) async throws {
        let source = parent.path + "/source"
        let storage = try SQLiteStorage(directory: source)
        try await storage.apply(settings.map { .putSetting(key: $0.key, value: $0.value) })
        try SQLiteStorage.backup(directory: source, to: file)
    }

    private func refusal(restoring source: String, into directory: String) throws -> String {
        do throws(StorageError) {
            try SQLiteStorage.restore(from: source, directory: directory)
            Issue.record("\(source) was restored")
            return ""
        } catch .cannotRestore(let words) {
            return words
        } catch {
            throw error
        }
    }

    private func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? NSNumber).intValue
    }
}
