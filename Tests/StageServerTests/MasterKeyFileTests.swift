import Foundation
import Primitives
import StageAPI
import Storage
import Testing

@testable import StageServer

@Suite struct MasterKeyFileTests {
    private let now = WallTime(unixSeconds: 1_700_000_000)

    @Test func isMadeOnceForItsOwnerOnly() async throws {
        try await withScratch { scratch in
            let file = MasterKeyFile(given: nil, in: scratch)
            #expect(try file.read() == nil)
            let key = try file.create(.generate())
            #expect(try mode(file.path) == 0o600)
            #expect(!file.isOpenToOthers)
            #expect(try file.read() == key)
            #expect(try file.create(.generate()) == key)
            #expect(try FileManager.default.contentsOfDirectory(atPath: scratch) == ["master.key"])
        }
    }

    @Test func manyWhoMakeItAtOnceGetTheSame() async throws {
        try await withScratch { scratch in
            let file = MasterKeyFile(given: nil, in: scratch)
            let keys = try await withThrowingTaskGroup(of: MasterKey.self) { tasks in
                for _ in 0..<8 { tasks.addTask { try file.create(.generate()) } }
                return try await tasks.reduce(into: []) { $0.append($1) }
            }
            #expect(keys.allSatisfy { $0 == keys[0] })
        }
    }

    @Test func missingOrWrongItIsNeverMadeAnew() async throws {
        try await withScratch { scratch in
            let storage = InMemoryStorage()
            let file = MasterKeyFile(given: nil, in: scratch)
            let vault = try await Vault.open(storage, with: file)
            let key = try #require(try file.read())

            file.remove()
            await #expect(throws: StartRefusal.self) { try await Vault.open(storage, with: file) }
            #expect(try file.read() == nil)
            _ = try file.create(.generate())
            let refusal = await #expect(throws: StartRefusal.self) {
                try await Vault.open(storage, with: file)
            }
            #expect(refusal?.message.contains(file.path) == true)
            #expect(refusal?.message.contains("--master-key-file") == true)

            file.remove()
            let elsewhere = MasterKeyFile(given: scratch + "/elsewhere", in: "/nowhere")
            await #expect(throws: StartRefusal.self) {
                try await Vault.open(storage, with: elsewhere)
            }
            _ = try elsewhere.create(key)
            let again = try await Vault.open(storage, with: elsewhere)
            #expect(again.box.masterKey == vault.box.masterKey)
        }
    }

    @Test func oneThatIsNamedIsNotMade() async throws {
        try await withScratch { scratch in
            let file = MasterKeyFile(given: scratch + "/named", in: scratch)
            let refusal = await #expect(throws: StartRefusal.self) {
                try await Vault.open(InMemoryStorage(), with: file)
            }
            #expect(refusal?.message.contains("openssl rand -base64 32") == true)
            let made = try file.read()
            #expect(made == nil)
        }
    }

    @Test func aFileThatIsNoKeyIsRefusedByName() async throws {
        try await withScratch { scratch in
            let file = MasterKeyFile(given: nil, in: scratch)
            try Data("no key".utf8).write(to: URL(fileURLWithPath: file.path))
            let refusal = #expect(throws: StartRefusal.self) { try file.read() }
            #expect(refusal?.message.contains(file.path) == true)
        }
    }

    @Test func isRotated() async throws {
        try await withScratch { scratch in
            let storage = InMemoryStorage()
            let file = MasterKeyFile(given: nil, in: scratch)
            let vault = try await Vault.open(storage, with: file)
            let made = try await AccessKeyDirectory(vault: vault).create(at: now)
            try await Vault.rotate(storage, keyIn: file)
            let rotated = try #require(try file.read())
            #expect(rotated != vault.box.masterKey)
            #expect(try file.next.read() == nil)
            #expect(try mode(file.path) == 0o600)
            let opened = try await Vault.open(storage, with: file)
            #expect(try await AccessKeyDirectory(vault: opened).key(made.id) == made)
        }
    }

    /// Whatever a rotation did before it was cut off, the next start finds the key that fits.
    @Test func aRotationMayBeCutOffAnywhere() async throws {
        try await withScratch { scratch in
            let storage = InMemoryStorage()
            let file = MasterKeyFile(given: nil, in: scratch)
            let vault = try await Vault.open(storage, with: file)
            let next = try file.next.create(.generate())
            // Before anything was sealed anew.
            _ = try await Vault.open(storage, with: file)
            // After that, and before the files were exchanged.
            try await vault.reseal(under: next)
            _ = try await Vault.open(storage, with: file)
            #expect(try file.read() == next)
            #expect(try file.next.read() == nil)
            // The old file gone, and the new one not yet in its place.
            file.remove()
            _ = try file.next.create(next)
            _ = try await Vault.open(storage, with: file)
            #expect(try file.read() == next)
        }
    }
}

@Suite struct APIRateSettingTests {
    @Test func ratesAreThoseOfIVSAndOffInDevelopment() throws {
        #expect(try configuration().apiRates == .standard)
        #expect(try configuration(["--dev"]).apiRates == .unlimited)
        #expect(try configuration(["--api-rate", "off"]).apiRates == .unlimited)
    }

    @Test func eachGroupMayBeSet() throws {
        let made = try configuration([
            "--dev", "--api-rate", "tokens=200", "--api-rate", "other=off",
        ])
        #expect(made.apiRates[.tokens]?.perSecond == 200)
        #expect(made.apiRates[.other] == nil)
        #expect(made.apiRates[.publicKeys]?.perSecond == 3)
        let variable = ["ROSTRUM_API_RATE": "tags=7,public-keys=9"]
        #expect(try configuration(environment: variable).apiRates[.publicKeys]?.perSecond == 9)
        #expect(try configuration(file: #"{"apiRate": "tags=7"}"#).apiRates[.tags]?.perSecond == 7)
    }

    @Test(arguments: [
        "", "tokens", "tokens=", "tokens=0", "tokens=-1", "tokens=x", "all=5", "a=b=c",
    ])
    func whatMakesNoSenseIsRefused(_ text: String) {
        #expect(refusal(["--api-rate", text])?.message.contains("--api-rate") == true)
    }
}

@Suite struct KeyTableTests {
    @Test func standsInColumns() {
        let entries = [
            AccessKeyDirectory.Entry(
                id: "RSTRAAAAAAAAAAAAAAAA", name: "", permission: .all,
                createdAt: WallTime(unixSeconds: 0)),
            AccessKeyDirectory.Entry(
                id: "RSTRBBBBBBBBBBBBBBBB", name: "backend", permission: .tokens,
                createdAt: WallTime(unixSeconds: 60), lastUsedAt: WallTime(unixSeconds: 120)),
        ]
        #expect(
            KeyTable(entries).lines == [
                "ID                    NAME     PERMISSION  CREATED               LAST USE",
                "RSTRAAAAAAAAAAAAAAAA  -        all         1970-01-01T00:00:00Z  never",
                "RSTRBBBBBBBBBBBBBBBB  backend  tokens      1970-01-01T00:01:00Z  "
                    + "1970-01-01T00:02:00Z",
            ])
        #expect(KeyTable([]).lines.isEmpty)
    }
}
