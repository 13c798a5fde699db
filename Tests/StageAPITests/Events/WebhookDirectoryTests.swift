import Primitives
import Storage
import Testing
import Webhooks

@testable import StageAPI

@Suite struct WebhookDirectoryTests {
    private let storage = InMemoryStorage()
    private let directory: WebhookDirectory
    private let now = WallTime(unixSeconds: 1_700_000_000)

    init() { directory = WebhookDirectory(vault: .forTests(storage)) }

    @Test func aWebhookIsKeptWithItsSecretSealed() async throws {
        let added = try await directory.add(
            "https://backend.example/hook", kinds: ["IVS Stage Update"], at: now)
        let stored = try #require(try await storage.webhooks().first)
        #expect(stored == added.record)
        #expect(stored.id.hasPrefix("wh-"))
        #expect(!stored.secret.contains(added.secret.text.value.dropFirst(6)))
        #expect(directory.secret(of: stored) == added.secret)
        #expect(try await directory.list().map(\.id) == [stored.id])
    }

    @Test func aSecretThatWasMovedStaysShut() async throws {
        var record = try await directory.add("http://a", at: now).record
        record.id = "wh-other"
        #expect(directory.secret(of: record) == nil)
    }

    @Test func whatIsWrongIsSaid() async throws {
        await #expect(throws: WebhookDirectory.AddingError.address(.notHTTP)) {
            try await directory.add("ftp://a", at: now)
        }
        await #expect(throws: WebhookDirectory.AddingError.unknownKind("IVS stage update")) {
            try await directory.add("http://a", kinds: ["IVS stage update"], at: now)
        }
        for _ in 0..<WebhookDirectory.limit { _ = try await directory.add("http://a", at: now) }
        await #expect(throws: WebhookDirectory.AddingError.tooMany(limit: 16)) {
            try await directory.add("http://a", at: now)
        }
    }

    @Test func removingTakesWhatWaitsAlong() async throws {
        let id = try await directory.add("http://a", at: now).record.id
        try await storage.apply([.appendNotification(.test(1))])
        #expect(try await directory.remove(id))
        #expect(try await directory.remove(id) == false)
        #expect(
            try await storage.deliveries(.pending, to: nil, after: 0, limit: 1).isEmpty)
    }

    @Test func deadLettersComeBack() async throws {
        for address in ["http://a", "http://b"] { _ = try await directory.add(address, at: now) }
        for number in 1...150 { try await storage.apply([.appendNotification(.test(number))]) }
        for webhook in try await directory.list() {
            let pending = try await storage.deliveries(
                .pending, to: webhook.id, after: 0, limit: 1_000)
            try await storage.apply(
                pending.map { delivery in
                    var dead = delivery
                    (dead.state, dead.attempts, dead.lastError) = (.dead, 3, "why")
                    return .putDelivery(dead)
                })
            #expect(try await directory.dead(of: webhook.id, limit: 1_000).count == 150)
        }
        #expect(try await directory.replay("id-7") == 2)
        let revision = try await storage.settings(prefix: WebhookDirectory.revisionSetting)
        #expect(revision.count == 1)
        let pending = try await storage.deliveries(.pending, to: nil, after: 0, limit: 10)
        #expect(pending.map(\.notification.id) == ["id-7", "id-7"])
        #expect(pending.allSatisfy { $0.attempts == 0 && $0.lastError == nil })
        #expect(try await directory.replay("id-7") == 0)
        #expect(try await directory.replay(nil) == 298)
        #expect(
            try await storage.settings(prefix: WebhookDirectory.revisionSetting) != revision)
    }

    @Test func anotherMasterKeyOpensTheSecretsAfterResealing() async throws {
        let vault = Vault.forTests(storage)
        let added = try await directory.add("http://a", at: now)
        let next = MasterKey.generate()
        try await vault.reseal(under: next)
        let record = try #require(try await storage.webhooks().first)
        #expect(directory.secret(of: record) == nil)
        let resealed = WebhookDirectory(
            vault: Vault(storage: storage, box: SecretBox(masterKey: next)))
        #expect(resealed.secret(of: record) == added.secret)
    }
}

extension NotificationRecord {
    static func test(_ number: Int, of stage: String = "stage") -> NotificationRecord {
        NotificationRecord(
            id: "id-\(number)", stage: StageID(stage), kind: "IVS Stage Update",
            time: WallTime(unixSeconds: 1_700_000_000), body: #"{"number":\#(number)}"#)
    }
}
