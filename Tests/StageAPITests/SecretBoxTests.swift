import ParticipantTokens
import Primitives
import Storage
import Testing

@testable import StageAPI

@Suite("Sealed secrets")
struct SecretBoxTests {
    private let box = SecretBox(masterKey: .generate())

    @Test(
        "open again where they were sealed, and say nothing", arguments: ["", "secret", "a.b-c_ü"])
    func roundTrip(_ secret: String) throws {
        let sealed = box.seal(Redacted(secret), at: "access-key/A")
        #expect(SecretBox.isSealed(sealed))
        #expect(secret.isEmpty || !sealed.contains(secret))
        #expect(try box.open(sealed, at: "access-key/A").value == secret)
        #expect(box.seal(Redacted(secret), at: "access-key/A") != sealed)
    }

    @Test("cannot be put in another place, or be changed")
    func binding() throws {
        let sealed = box.seal(Redacted("secret"), at: "access-key/A")
        #expect(throws: SecretBoxError.damaged) { try box.open(sealed, at: "access-key/B") }
        for index in sealed.utf8.indices {
            var bytes = Array(sealed.utf8)
            let offset = sealed.utf8.distance(from: sealed.utf8.startIndex, to: index)
            bytes[offset] =
                bytes[offset] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            let changed = String(decoding: bytes, as: UTF8.self)
            // The last letter has bits that mean nothing.
            guard offset < bytes.count - 1 else { continue }
            #expect(throws: SecretBoxError.self) { try box.open(changed, at: "access-key/A") }
        }
    }

    @Test("need the same master key")
    func otherKey() throws {
        let sealed = box.seal(Redacted("secret"), at: "x")
        let other = SecretBox(masterKey: .generate())
        #expect(throws: SecretBoxError.otherMasterKey) { try other.open(sealed, at: "x") }
        let same = SecretBox(masterKey: try #require(MasterKey(text: box.masterKey.text)))
        #expect(try same.open(sealed, at: "x").value == "secret")
    }

    @Test(
        "nothing else is taken for one",
        arguments: ["", "{\"secret\":\"x\"}", "sealed1", "sealed1.", "sealed1..", "sealed1.a.b.c"])
    func garbage(_ text: String) {
        #expect(throws: SecretBoxError.self) { try box.open(text, at: "x") }
    }

    @Test("a master key is 32 bytes in base64, and is not printed")
    func masterKey() throws {
        let key = MasterKey.generate()
        #expect(key.text.value.utf8.count == 45)
        #expect(MasterKey(text: Redacted(" \n" + key.text.value + "\n")) == key)
        for text in ["", "x", "AAAA", String(repeating: "A", count: 64)] {
            #expect(MasterKey(text: Redacted(text)) == nil)
        }
        var dumped = ""
        dump(key, to: &dumped)
        #expect(!dumped.contains("bytes") && !"\(key)".contains(key.text.value.prefix(8)))
        #expect(MasterKey.generate() != key)
    }
}

@Suite("The vault")
struct VaultTests {
    private let now = TestService.start

    /// What versions before the vault stored.
    private let plain = [
        "access-key/RSTRAAAAAAAAAAAAAAAA": #"{"createdAt":1750000000000,"secret":"s3cret"}"#,
        "page-token-key": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "first-start": "2025-06-15T15:06:40Z",
    ]

    @Test("seals what earlier versions left plain, in one transaction, and reads it")
    func migration() async throws {
        let storage = InMemoryStorage()
        try await storage.apply(plain.map { .putSetting(key: $0.key, value: $0.value) })
        #expect(try await Vault.isLocked(storage) == false)
        let key = MasterKey.generate()
        _ = try await Vault.open(storage, masterKey: key)
        #expect(try await Vault.isLocked(storage))
        let stored = try await storage.settings(prefix: "")
        #expect(stored["first-start"] == plain["first-start"])
        for (name, value) in stored where name != "first-start" {
            #expect(SecretBox.isSealed(value), "\(name)")
        }
        let vault = try await Vault.open(storage, masterKey: key)
        let keys = AccessKeyDirectory(vault: vault)
        let migrated = try #require(try await keys.key("RSTRAAAAAAAAAAAAAAAA"))
        #expect(migrated.secret.value == "s3cret")
        #expect(migrated.permission == .all)
        #expect(try await keys.list().map(\.name) == [""])
        #expect(try await vault.setting("page-token-key")?.value == plain["page-token-key"])
    }

    @Test("takes no other master key, and no plain secret, from then on")
    func wrongKey() async throws {
        let storage = InMemoryStorage()
        let key = MasterKey.generate()
        let vault = try await Vault.open(storage, masterKey: key)
        await #expect(throws: VaultError.wrongMasterKey) {
            try await Vault.open(storage, masterKey: .generate())
        }
        let name = "access-key/RSTRAAAAAAAAAAAAAAAA"
        try await storage.apply([.putSetting(key: name, value: plain[name]!)])
        _ = try await Vault.open(storage, masterKey: key)
        await #expect(throws: StorageError.self) { try await vault.setting(name) }
    }

    @Test("goes over to another master key with everything in it")
    func rotation() async throws {
        let storage = InMemoryStorage()
        let (old, new) = (MasterKey.generate(), MasterKey.generate())
        let vault = try await Vault.open(storage, masterKey: old)
        let keys = AccessKeyDirectory(vault: vault)
        let made = try await keys.create(name: "a", permission: .tokens, at: now)
        let configuration = ServiceConfiguration(
            region: "local", account: "000000000000", eventsURL: "e", whipURL: "w")
        let secrets = try await DeploymentSecrets.load(
            from: vault, configuration: configuration, now: now)
        let webhook = WebhookRecord(
            id: "w", url: "https://example.com",
            secret: vault.box.seal(Redacted("whsec"), at: "webhook/w"), createdAt: now)
        try await storage.apply([.putWebhook(webhook)])
        let before = try await storage.settings(prefix: "")

        try await vault.reseal(under: new)
        await #expect(throws: VaultError.wrongMasterKey) {
            try await Vault.open(storage, masterKey: old)
        }
        let after = try await storage.settings(prefix: "")
        #expect(before.keys == after.keys)
        for (name, value) in before { #expect(after[name] != value, "\(name)") }
        let opened = try await Vault.open(storage, masterKey: new)
        #expect(try await AccessKeyDirectory(vault: opened).key(made.id) == made)
        let same = try await DeploymentSecrets.load(
            from: opened, configuration: configuration, now: now)
        #expect(same.tokens.knownKeys.map(\.id) == secrets.tokens.knownKeys.map(\.id))
        let resealed = try #require(try await storage.webhooks().first?.secret)
        #expect(try opened.box.open(resealed, at: "webhook/w").value == "whsec")
        let page = secrets.pages.token(for: "ListStages", cursor: 3)
        #expect(try same.pages.cursor(of: page, for: "ListStages") == 3)
    }
}
