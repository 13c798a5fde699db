import Foundation
import Primitives
import StageAPI
import Storage
import StorageSQLite
import Testing

@testable import StageServer

/// A directory of a test's own.
func withScratch(_ body: (String) async throws -> Void) async throws {
    let path = NSTemporaryDirectory() + "/rostrum-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try await body(path)
}

func mode(_ path: String) throws -> Int {
    let facts = try FileManager.default.attributesOfItem(atPath: path)
    return try #require(facts[.posixPermissions] as? Int)
}

@Suite struct DataDirectoryTests {
    @Test func isMadeForItsOwnerOnly() async throws {
        try await withScratch { scratch in
            let path = scratch + "/new/data"
            let data = try DataDirectory.openForServer(path)
            try await data.storage.apply([.putSetting(key: "a", value: "b")])
            #expect(try mode(path) == 0o700)
            for name in try FileManager.default.contentsOfDirectory(atPath: path) {
                #expect(try mode(path + "/" + name) & 0o077 == 0, "\(name)")
            }
            try data.storage.close()
        }
    }

    @Test func servesOneServerAtATime() async throws {
        try await withScratch { scratch in
            let first = try DataDirectory.openForServer(scratch)
            #expect(throws: StartRefusal.self) { _ = try DataDirectory.openForServer(scratch) }
            let beside = try DataDirectory.openForKeys(scratch, creating: false)
            try beside.storage.close()
            try first.storage.close()
        }
    }

    @Test func thatIsAFileIsRefusedByName() async throws {
        try await withScratch { scratch in
            let path = scratch + "/file"
            #expect(FileManager.default.createFile(atPath: path, contents: nil))
            #expect {
                _ = try DataDirectory.openForServer(path)
            } throws: {
                $0 as? StartRefusal
                    == StartRefusal(
                        .unavailable, "cannot use the data directory \(path): it is a file")
            }
        }
    }

    @Test func withoutADatabaseHasNoKeysToList() async throws {
        try await withScratch { scratch in
            #expect(throws: StartRefusal.self) {
                _ = try DataDirectory.openForKeys(scratch, creating: false)
            }
        }
    }

    @Test func aDatabaseThatIsNoneIsRefusedByName() async throws {
        try await withScratch { scratch in
            let file = scratch + "/rostrum.sqlite"
            let junk = Data(repeating: 7, count: 8192)
            #expect(FileManager.default.createFile(atPath: file, contents: junk))
            #expect {
                _ = try DataDirectory.openForServer(scratch)
            } throws: { error in
                (error as? StartRefusal)?.message.contains(file) ?? false
            }
        }
    }
}

@Suite struct FirstKeyTests {
    private let now = WallTime(unixSeconds: 1_700_000_000)

    @Test func isMadeOnce() async throws {
        let storage = InMemoryStorage()
        let keys = AccessKeyDirectory(
            vault: try await Vault.open(storage, masterKey: .generate()))
        let made = try await FirstKey.make(in: storage, keys: keys, now: now)
        let key = try #require(made)
        #expect(try await keys.key(key.id) == key)
        #expect(try await FirstKey.make(in: storage, keys: keys, now: now) == nil)
        _ = try await keys.revoke(key.id)
        #expect(try await FirstKey.make(in: storage, keys: keys, now: now) == nil)
    }

    @Test func isNotMadeWhereThereIsOne() async throws {
        let storage = InMemoryStorage()
        let keys = AccessKeyDirectory(
            vault: try await Vault.open(storage, masterKey: .generate()))
        _ = try await keys.create(at: now)
        #expect(try await FirstKey.make(in: storage, keys: keys, now: now) == nil)
        #expect(try await keys.list().count == 1)
    }

    /// Scripts find the two by these words.
    @Test func isAnnouncedInWordsThatScriptsFind() throws {
        let key = AccessKey(id: "RSTRABCDEFGHIJKL", secret: Redacted("s3cr3tS3cr3tS3cr3t"))
        for text in [KeyAnnouncement(key).text, KeyAnnouncement(key).line] {
            let id = try #require(text.firstMatch(of: /access key id\s+(\w+)/))
            let secret = try #require(text.firstMatch(of: /secret access key\s+(\w+)/))
            #expect(id.1 == "RSTRABCDEFGHIJKL")
            #expect(secret.1 == "s3cr3tS3cr3tS3cr3t")
        }
    }
}

@Suite struct SampleFilesTests {
    @Test func areFoundBesideTheProgram() {
        func found(_ program: String, having directory: String) -> String? {
            SampleFiles.directory(beside: program) { $0 == directory }
        }
        let installed = "/usr/share/rostrum/samples"
        #expect(found("/usr/bin/rostrum", having: installed) == installed)
        let checkout = "/home/me/rostrum/Samples/web"
        let program = "/home/me/rostrum/.build/x86_64-unknown-linux-gnu/debug/rostrum"
        #expect(found(program, having: checkout) == checkout)
        #expect(found(program, having: "/elsewhere") == nil)
    }
}

@Suite struct DeferredTests {
    @Test func isHandedToThoseWhoWaitAndThoseWhoComeLater() async {
        let later = Deferred<Int>()
        async let first = later.value
        async let second = later.value
        later.fulfil(7)
        later.fulfil(8)
        #expect(await [first, second, later.value] == [7, 7, 7])
    }
}
