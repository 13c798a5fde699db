import Foundation
import GRDB
import Primitives
import Storage
import Testing

@testable import StorageSQLite

@Suite("Backup")
struct BackupTests {
    let parent: TemporaryDirectory
    var data: String { parent.path + "/data" }
    var file: String { parent.path + "/backup" }

    init() throws { parent = try TemporaryDirectory() }

    @Test("is one whole file, for its owner only, of what a running server has written")
    func complete() async throws {
        let storage = try SQLiteStorage(directory: data)
        try await storage.apply([.putSetting(key: "k", value: "v"), .putStage(stage("S1"))])
        try SQLiteStorage.backup(directory: data, to: file)

        #expect(try files(in: parent.path) == ["backup", "data"])
        let attributes = try FileManager.default.attributesOfItem(atPath: file)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        // As a data directory of its own.
        let other = parent.path + "/other"
        try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: file, toPath: other + "/rostrum.sqlite")
        let copy = try SQLiteStorage(directory: other)
        #expect(try await copy.settings(prefix: "") == ["k": "v"])
        #expect(try await copy.stages(after: nil, limit: 9) == storage.stages(after: nil, limit: 9))
        #expect(try copy.pragmas().journalMode == "wal")
    }

    @Test("is one moment, while a writer writes all the time, and the writer goes on")
    func oneMoment() async throws {
        let storage = try SQLiteStorage(directory: data)
        let padding = String(repeating: "x", count: 900)
        for start in stride(from: 0, to: 20_000, by: 2_000) {
            try await storage.apply(
                (start..<(start + 2_000)).map { .putSetting(key: "pad/\($0)", value: padding) })
        }
        let (data, file) = (data, file)
        let written = Count()
        try await withThrowingTaskGroup(of: Void.self) { group in
            let isDone = Flag()
            group.addTask {
                while !isDone.isSet {
                    let number = written.value + 1
                    // Two rows that are the same at every moment.
                    try await storage.apply([
                        .putSetting(key: "first", value: "\(number)"),
                        .putSetting(key: "pad/19999", value: padding + "\(number)"),
                    ])
                    written.increase()
                }
            }
            group.addTask {
                defer { isDone.set() }
                var copying = 0
                try SQLiteStorage.backup(directory: data, to: file) { progress in
                    if progress.step == .copying { copying += 1 }
                    // The writer gets its turn between the steps, however busy the machine is.
                    let before = written.value
                    for _ in 0..<2000 where written.value == before {
                        Thread.sleep(forTimeInterval: 0.005)
                    }
                }
                #expect(copying > 3)
            }
            try await group.waitForAll()
        }
        #expect(written.value > 3)
        let restored = parent.path + "/restored"
        try SQLiteStorage.restore(from: file, directory: restored)
        let copy = try await SQLiteStorage(directory: restored).settings(prefix: "")
        #expect(copy.count >= 20_000)
        #expect(copy["pad/19999"] == padding + (copy["first"] ?? ""))
    }

    @Test("replaces an earlier one, and leaves nothing else behind")
    func replaces() async throws {
        let storage = try SQLiteStorage(directory: data)
        try SQLiteStorage.backup(directory: data, to: file)
        try await storage.apply([.putSetting(key: "k", value: "newer")])
        // What a process that was killed has left, with a log that must not be played back.
        try Data("half a backup".utf8).write(to: URL(fileURLWithPath: file + ".part"))
        try Data("a journal".utf8).write(to: URL(fileURLWithPath: file + ".part-journal"))
        try SQLiteStorage.backup(directory: data, to: file)
        #expect(try setting("k", in: file) == "newer")
        #expect(try files(in: parent.path) == ["backup", "data"])
    }

    @Test("does not change the database that it reads, and needs no server")
    func leavesAlone() async throws {
        try SQLiteStorage(directory: data).close()
        let before = try Data(contentsOf: URL(fileURLWithPath: data + "/rostrum.sqlite"))
        try SQLiteStorage.backup(directory: data, to: file)
        #expect(try Data(contentsOf: URL(fileURLWithPath: data + "/rostrum.sqlite")) == before)
    }

    @Test("refuses to replace what is no backup, and the database itself")
    func refusesTargets() throws {
        let storage = try SQLiteStorage(directory: data)
        defer { withExtendedLifetime(storage) {} }
        let letter = parent.path + "/letter"
        try Data("dear".utf8).write(to: URL(fileURLWithPath: letter))
        let link = parent.path + "/link"
        try FileManager.default.createSymbolicLink(
            atPath: link, withDestinationPath: data + "/rostrum.sqlite")
        for (target, words) in [
            (letter, "is not a backup"), (data, "is not a file"), (link, "is the database itself"),
            (data + "/rostrum.sqlite", "is the database itself"),
            (data + "/rostrum.sqlite-wal", "is the database itself"),
            (letter + "/below", "Not a directory"),
            (parent.path + "/nowhere/backup", "No such file or directory"),
            ("/proc/backup", "/proc/backup: "),
        ] {
            #expect(try refusal(backingUpTo: target).contains(words), "\(target)")
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: letter)) == Data("dear".utf8))
        #expect(try files(in: parent.path) == ["data", "letter", "link"])
    }

    @Test("refuses what is no database of this program")
    func refusesSources() throws {
        #expect(try refusal(backingUpTo: file).contains("there is no database in \(data)"))
        try SQLiteStorage(directory: data).close()
        try DatabaseQueue(path: data + "/rostrum.sqlite").writeWithoutTransaction {
            try $0.execute(sql: "PRAGMA user_version = 99")
        }
        #expect(throws: StorageError.newerSchema(found: 99, supported: Schema.steps.count)) {
            try SQLiteStorage.backup(directory: data, to: file)
        }
        #expect(try files(in: parent.path) == ["data"])
    }

    @Test("of a damaged database is none")
    func damaged() async throws {
        try await fill(data)
        try damage(data + "/rostrum.sqlite")
        let words = try refusal(backingUpTo: file)
        #expect(words.contains("damaged") || words.contains("malformed"), "\(words)")
        #expect(try files(in: parent.path) == ["data"])
    }

    @Test("onto a full disk says so")
    func fullDisk() async throws {
        try await fill(data)
        let source = try DatabaseCopy.openReadOnly(data + "/rostrum.sqlite")
        let target = try DatabaseQueue(path: file)
        try await target.writeWithoutTransaction {
            try $0.execute(sql: "PRAGMA max_page_count = 20")
        }
        do {
            try DatabaseCopy.copy(source, to: target, as: .copying, progress: { _ in })
            Issue.record("more pages than there is room for")
        } catch {
            #expect(SQLiteStorage.reason(error).contains("full"), "\(error)")
        }
    }

    @Test("waits for nobody: a second one to the same file is refused")
    func concurrent() throws {
        let storage = try SQLiteStorage(directory: data)
        defer { withExtendedLifetime(storage) {} }
        let scratch = try ScratchFile(path: file + ".part")
        #expect(try refusal(backingUpTo: file).contains("another rostrum is writing"))
        withExtendedLifetime(scratch) {}
    }

    private func refusal(backingUpTo target: String) throws -> String {
        do throws(StorageError) {
            try SQLiteStorage.backup(directory: data, to: target)
            Issue.record("\(target) was written")
            return ""
        } catch .cannotBackUp(let words) {
            return words
        } catch {
            throw error
        }
    }
}

/// Something that another task did.
final class Count: Sendable {
    private let lock = NSLock()
    nonisolated(unsafe) private var count = 0

    var value: Int { lock.withLock { unsafe count } }
    func increase() { lock.withLock { unsafe count += 1 } }
}

final class Flag: Sendable {
    private let lock = NSLock()
    nonisolated(unsafe) private var value = false

    var isSet: Bool { lock.withLock { unsafe value } }
    func set() { lock.withLock { unsafe value = true } }
}

func stage(_ id: String) -> StageRecord {
    StageRecord(
        id: StageID(id), arn: "arn:\(id)", name: id, tags: [:],
        createdAt: WallTime(unixSeconds: 1))
}

func files(in directory: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
}

/// A closed database of a few hundred pages.
func fill(_ directory: String) async throws {
    let storage = try SQLiteStorage(directory: directory)
    let padding = String(repeating: "y", count: 900)
    try await storage.apply(
        (0..<1_000).map { .putSetting(key: "pad/\($0)", value: padding) })
    try storage.close()
}

/// Overwrites pages in the middle.
func damage(_ file: String) throws {
    let handle = try #require(FileHandle(forUpdatingAtPath: file))
    let size = try handle.seekToEnd()
    try handle.seek(toOffset: size / 2 / 4096 * 4096)
    try handle.write(contentsOf: Data(repeating: 0xa5, count: 8 * 4096))
    try handle.close()
}

func setting(_ key: String, in file: String) throws -> String? {
    try DatabaseQueue(path: file).read {
        try String.fetchOne($0, sql: "SELECT value FROM setting WHERE key = ?", arguments: [key])
    }
}
