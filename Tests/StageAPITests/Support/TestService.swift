import Logging
import ParticipantTokens
import Primitives
import Storage
import Synchronization
import Testing

@testable import StageAPI

/// A service over memory, with a clock that the test moves and a client that signs.
final class TestService: Sendable {
    static let key = AccessKey(
        id: "rostrum-dev", secret: Redacted("rostrum-dev-secret"))
    static let start = WallTime(unixSeconds: 1_750_000_000)

    let storage: any Storage
    let occupancy = FakeOccupancy()
    let service: StageService
    let vault: Vault
    let accessKeys: AccessKeyDirectory
    let secrets: DeploymentSecrets
    private let clock: Clock

    /// - Parameter quotas: changes the defaults.
    init(
        storage: any Storage = InMemoryStorage(), at start: WallTime = TestService.start,
        rates: APIRates = .unlimited,
        quotas change: (inout ServiceQuotas) -> Void = { _ in }
    ) async throws {
        var quotas = ServiceQuotas()
        change(&quotas)
        let clock = Clock(start)
        let configuration = ServiceConfiguration(
            region: "local", account: "000000000000", eventsURL: "ws://127.0.0.1:7700/events",
            whipURL: "http://127.0.0.1:7700/whip", quotas: quotas)
        self.storage = storage
        self.clock = clock
        vault = .forTests(storage)
        accessKeys = AccessKeyDirectory(vault: vault, fixed: Self.key)
        secrets = try await DeploymentSecrets.load(
            from: vault, configuration: configuration, random: .seeded(1), now: start)
        service = StageService(
            storage: storage, occupancy: occupancy, tokens: secrets.tokens, pages: secrets.pages,
            accessKeys: accessKeys, configuration: configuration, rates: rates, random: .seeded(2),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            now: { clock.time.withLock { $0 } })
    }

    var now: WallTime { clock.time.withLock { $0 } }

    func wait(_ duration: Duration) { clock.time.withLock { $0 = $0 + duration } }
}

private let testKey = MasterKey.generate()

extension Vault {
    /// All of them have the same master key.
    static func forTests(_ storage: any Storage = InMemoryStorage()) -> Vault {
        Vault(storage: storage, box: SecretBox(masterKey: testKey))
    }
}

private final class Clock: Sendable {
    let time: Mutex<WallTime>
    init(_ time: WallTime) { self.time = Mutex(time) }
}

extension TestService {
    /// A rightly signed request.
    func request(
        _ method: String, _ path: String, query: String = "", body: String = "",
        key: AccessKey = key
    ) -> APIRequest {
        let headers = SignatureV4Signer(key: key, region: "local").sign(
            method: method, path: path, query: query,
            headers: [("Host", "127.0.0.1:7700"), ("Content-Type", "application/json")],
            body: Array(body.utf8), at: now)
        return APIRequest(
            method: method, path: path, query: query, headers: headers, body: Array(body.utf8))
    }

    func send(_ request: APIRequest) async throws -> Answer {
        let response = await service.respond(to: request)
        return Answer(
            status: response.status, headers: response.headers,
            body: try JSONReader.read(response.body))
    }

    /// Calls `POST /<operation>`.
    func call(
        _ operation: String, _ body: JSONValue = [:], key: AccessKey = key
    ) async throws -> Answer {
        try await send(request("POST", "/" + operation, body: body.text, key: key))
    }

    /// Calls an operation that must succeed.
    func succeed(_ operation: String, _ body: JSONValue = [:]) async throws -> JSONValue {
        let answer = try await call(operation, body)
        try #require(answer.status == 200, "\(answer.body.text)")
        return answer.body
    }

    /// Creates a stage and returns its ARN.
    func createStage(_ name: String = "s") async throws -> String {
        let output = try await succeed("CreateStage", ["name": .string(name)])
        return try #require(output["stage"]?["arn"]?.string)
    }

    func createStorageConfiguration(_ bucket: String = "bucket") async throws -> String {
        let output = try await succeed(
            "CreateStorageConfiguration", ["s3": ["bucketName": .string(bucket)]])
        return try #require(output["storageConfiguration"]?["arn"]?.string)
    }

    func createEncoderConfiguration() async throws -> String {
        let output = try await succeed("CreateEncoderConfiguration")
        return try #require(output["encoderConfiguration"]?["arn"]?.string)
    }

    /// Every entry that a List operation gives, with so many on a page.
    func listAll(
        _ operation: String, _ member: String, _ body: [String: JSONValue] = [:], by size: Int64
    ) async throws -> [JSONValue] {
        var found: [JSONValue] = []
        var body = body.merging(["maxResults": .integer(size)]) { $1 }
        while true {
            let page = try await succeed(operation, .object(body))
            let entries = try #require(page[member]?.array)
            try #require(entries.count <= Int(size))
            found += entries
            guard let token = page["nextToken"] else { return found }
            body["nextToken"] = token
        }
    }

    func tags(
        _ method: String, _ arn: String, query: String = "", body: JSONValue? = nil
    ) async throws -> Answer {
        try await send(
            request(
                method, "/tags/" + percentEncode(arn.utf8), query: query, body: body?.text ?? ""))
    }
}

struct Answer {
    var status: Int
    var headers: [(name: String, value: String)]
    var body: JSONValue

    /// `400 ValidationException`, when header and body agree on it.
    var error: String {
        let type = headers.first { $0.name == "x-amzn-ErrorType" }?.value ?? "none"
        guard type == body["__type"]?.string, body["message"] == body["exceptionMessage"] else {
            return "inconsistent \(headers) \(body.text)"
        }
        return "\(status) \(type)"
    }

    var message: String { body["message"]?.string ?? "" }
}

extension JSONValue {
    var string: String? {
        guard case .string(let string) = self else { return nil }
        return string
    }

    var array: [JSONValue] {
        guard case .array(let values) = self else { return [] }
        return values
    }

    subscript(index: Int) -> JSONValue? {
        array.indices.contains(index) ? array[index] : nil
    }
}

/// Live stages that only remember what was asked of them.
final class FakeOccupancy: StageOccupancy {
    struct Failure: Error {}

    private let state = Mutex(State())
    private struct State {
        var sessions: [StageID: StageSessionID] = [:]
        var calls: [String] = []
        var fails = false
        var outcome = ModerationOutcome.done
        var replication = ReplicationOutcome.started
    }

    var calls: [String] { state.withLock { $0.calls } }

    func occupy(_ stage: StageID, _ session: String) {
        state.withLock { $0.sessions[stage] = StageSessionID(session) }
    }

    func fail() { state.withLock { $0.fails = true } }

    func recover() { state.withLock { $0.fails = false } }

    func activeSession(of stage: StageID) async -> StageSessionID? {
        state.withLock { $0.sessions[stage] }
    }

    func disconnect(
        _ participant: ParticipantID, of stage: StageID, reason: String
    ) async throws {
        try state.withLock { state in
            if state.fails { throw Failure() }
            state.calls.append("disconnect \(participant) of \(stage): \(reason)")
        }
    }

    /// What muting and unpublishing come to.
    func answer(_ outcome: ModerationOutcome) { state.withLock { $0.outcome = outcome } }

    func mute(
        _ participant: ParticipantID, of stage: StageID, audio: Bool?, video: Bool?
    ) async throws -> ModerationOutcome {
        func text(_ value: Bool?) -> String { value.map { "\($0)" } ?? "as is" }
        return try moderate(
            "mute \(participant) of \(stage): audio \(text(audio)), video \(text(video))")
    }

    func unpublish(
        _ participant: ParticipantID, of stage: StageID, reason: String
    ) async throws -> ModerationOutcome {
        try moderate("unpublish \(participant) of \(stage): \(reason)")
    }

    private func moderate(_ call: String) throws -> ModerationOutcome {
        try state.withLock { state in
            if state.fails { throw Failure() }
            state.calls.append(call)
            return state.outcome
        }
    }

    /// What a replication comes to.
    func answer(_ outcome: ReplicationOutcome) { state.withLock { $0.replication = outcome } }

    func startReplication(_ request: ReplicationRequest) async throws -> ReplicationOutcome {
        try state.withLock { state in
            if state.fails { throw Failure() }
            state.calls.append(
                "replicate \(request.participant) from \(request.source) to "
                    + "\(request.destination), \(request.reconnectWindowSeconds) s, "
                    + "\(request.attributes)")
            return state.replication
        }
    }

    func stopReplication(
        of participant: ParticipantID, from source: StageID, to destination: StageID
    ) async throws -> Bool {
        try state.withLock { state in
            if state.fails { throw Failure() }
            state.calls.append("stop \(participant) from \(source) to \(destination)")
            return state.replication == .started
        }
    }

    func stageDeleted(_ stage: StageID) async {
        state.withLock { $0.calls.append("deleted \(stage)") }
    }
}

extension String {
    /// The string with another last character.
    func replacingLast(with character: Character) -> String {
        String(dropLast()) + String(last == character ? "y" : character)
    }
}
