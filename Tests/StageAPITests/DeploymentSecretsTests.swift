import Logging
import ParticipantTokens
import Primitives
import Storage
import Testing

@testable import StageAPI

@Suite("Deployment secrets")
struct DeploymentSecretsTests {
    private let configuration = ServiceConfiguration(
        region: "local", account: "000000000000", eventsURL: "ws://h/events",
        whipURL: "http://h/whip")
    private let now = TestService.start

    private func token(_ authority: TokenAuthority) async throws -> String {
        try await authority.mint(
            ParticipantClaims(
                participant: ParticipantID("p"), stage: StageID("s"),
                stageARN: configuration.arn("stage", "s"), eventsURL: "e", whipURL: "w",
                capabilities: [.publish], issuedAt: now, expiresAt: now + .seconds(60)))
    }

    @Test("are made once, and are the same after a restart")
    func stable() async throws {
        let vault = Vault.forTests()
        let first = try await DeploymentSecrets.load(
            from: vault, configuration: configuration, now: now)
        let second = try await DeploymentSecrets.load(
            from: vault, configuration: configuration, now: now + .seconds(5))
        #expect(first.tokens.knownKeys.count == 1)
        let id = try #require(first.tokens.knownKeys.first?.id)
        #expect(
            id.wholeMatch(of: /arn:aws:ivs:local:000000000000:public-key\/[0-9A-Za-z]{12}/) != nil)
        #expect(second.tokens.knownKeys.map(\.id) == [id])
        #expect(second.tokens.knownKeys.map(\.createdAt) == [now])
        _ = try await second.tokens.verify(try await token(first.tokens), at: now)
        let page = first.pages.token(for: "ListStages", cursor: 7)
        #expect(try second.pages.cursor(of: page, for: "ListStages") == 7)
    }

    @Test("rotate without breaking live tokens")
    func rotation() async throws {
        let vault = Vault.forTests()
        let secrets = try await DeploymentSecrets.load(
            from: vault, configuration: configuration, now: now)
        let old = try await token(secrets.tokens)
        let key = try await DeploymentSecrets.rotateTokenKey(
            in: vault, authority: secrets.tokens, configuration: configuration,
            now: now + .seconds(1))
        let new = try await token(secrets.tokens)
        #expect(old.prefix { $0 != "." } != new.prefix { $0 != "." })

        let restarted = try await DeploymentSecrets.load(
            from: vault, configuration: configuration, now: now + .seconds(2))
        #expect(restarted.tokens.knownKeys.last?.id == key.id)
        for token in [old, new] { _ = try await restarted.tokens.verify(token, at: now) }
    }

    @Test("a damaged key is an error, not a new key")
    func damaged() async throws {
        let vault = Vault.forTests()
        try await vault.storage.apply([vault.put(Redacted("{}"), at: "token-key/x")])
        await #expect(throws: DeploymentSecretsError.self) {
            try await DeploymentSecrets.load(from: vault, configuration: configuration, now: now)
        }
    }

    @Test("a storage that fails is answered 500, without saying why to the client")
    func failingStorage() async throws {
        let good = try await TestService()
        let service = StageService(
            storage: FakeStorage(isBroken: true), occupancy: FakeOccupancy(),
            tokens: good.secrets.tokens,
            pages: good.secrets.pages,
            accessKeys: AccessKeyDirectory(
                vault: .forTests(FakeStorage(isBroken: true)), fixed: TestService.key),
            configuration: configuration,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            now: { TestService.start })
        for operation in ["ListStages", "CreateStage"] {
            let request = good.request("POST", "/" + operation, body: "{}")
            let response = await service.respond(to: request)
            #expect(response.status == 500)
            let text = String(decoding: response.body, as: UTF8.self)
            #expect(text.contains("InternalServerException"))
            #expect(!text.contains("disk"))
        }
    }
}
