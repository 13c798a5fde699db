import Foundation
import Logging
import Primitives
import ServiceLifecycle
import StageAPI
import Storage
import Synchronization
import Testing

@testable import Gateway

/// Answers with what it was asked, and remembers it.
final class EchoAPI: APIResponder {
    let requests = Mutex<[APIRequest]>([])

    func respond(to request: APIRequest) async -> APIResponse {
        requests.withLock { $0.append(request) }
        return APIResponse(
            status: 200,
            headers: [("Content-Type", "application/json"), ("x-amzn-RequestId", "1")],
            body: Array("{\"bytes\":\(request.body.count)}".utf8))
    }
}

/// Takes any token but `refused`.
final class FakeLive: LiveService {
    struct State {
        var published: [MediaRequest] = []
        var subscribed: [MediaRequest] = []
        var patches: [(resource: ResourceID, fragment: String, ifMatch: String?)] = []
        var topics: [StageID] = []
        var received: [String] = []
        var closed = 0
        var sockets: [AsyncStream<EventsConnection.Frame>.Continuation] = []
    }

    let state = Mutex(State())

    static let refused = SignallingError(
        status: 401, code: 2, name: "TOKEN_EXPIRED", message: "The token has \"expired\".")

    func publish(_ request: MediaRequest) async throws(SignallingError) -> MediaCreated {
        try admit(request.bearer)
        state.withLock { $0.published.append(request) }
        return MediaCreated(resource: ResourceID("res1"), sdp: "v=0\r\n", entityTag: "\"tag\"")
    }

    func subscribe(_ request: MediaRequest) async throws(SignallingError) -> MediaCreated {
        try admit(request.bearer)
        state.withLock { $0.subscribed.append(request) }
        return MediaCreated(resource: ResourceID("res2"), sdp: "v=0\r\n", entityTag: "\"tag\"")
    }

    func patch(
        _ resource: ResourceID, bearer: String?, fragment: String, ifMatch: String?
    ) async throws(SignallingError) -> PatchResult {
        try admit(bearer)
        state.withLock { $0.patches.append((resource, fragment, ifMatch)) }
        return ifMatch == "*"
            ? .restarted(fragment: "a=ice-ufrag:x\r\n", entityTag: "\"new\"") : .accepted
    }

    func end(_ resource: ResourceID, bearer: String?) async throws(SignallingError) {
        try admit(bearer)
    }

    func connectEvents(
        topic: StageID, token: String?, client: ClientFacts
    ) async throws(SignallingError) -> EventsConnection {
        try admit(token)
        let (frames, continuation) = AsyncStream.makeStream(of: EventsConnection.Frame.self)
        continuation.yield(.text("hello"))
        state.withLock {
            $0.topics.append(topic)
            $0.sockets.append(continuation)
        }
        return EventsConnection(
            frames: frames,
            receive: { text in
                self.state.withLock { $0.received.append(text) }
                continuation.yield(.text(text))
            },
            closed: {
                self.state.withLock { $0.closed += 1 }
                continuation.finish()
            })
    }

    private func admit(_ token: String?) throws(SignallingError) {
        if token == nil || token == "refused" { throw Self.refused }
    }

    func activeSession(of stage: StageID) async -> StageSessionID? { nil }
    func disconnect(_ participant: ParticipantID, of stage: StageID, reason: String) async {}
    func startReplication(_ request: ReplicationRequest) async -> ReplicationOutcome { .absent }
    func stopReplication(
        of participant: ParticipantID, from source: StageID, to destination: StageID
    ) async -> Bool { false }
    func mute(
        _ participant: ParticipantID, of stage: StageID, audio: Bool?, video: Bool?
    ) async throws -> ModerationOutcome { .absent }

    func unpublish(
        _ participant: ParticipantID, of stage: StageID, reason: String
    ) async throws -> ModerationOutcome { .absent }

    func stageDeleted(_ stage: StageID) async {}
}

/// A gateway on a free port.
struct Running {
    let port: Int
    let api: EchoAPI
    let live: FakeLive
    let stop: @Sendable () async -> Void

    static func with<Result>(
        _ change: (inout GatewayConfiguration) -> Void = { _ in },
        notifications: (any NotificationSource)? = nil,
        _ use: (Running) async throws -> Result
    ) async throws -> Result {
        var configuration = GatewayConfiguration(port: 0)
        change(&configuration)
        let (api, live) = (EchoAPI(), FakeLive())
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let gateway = HTTPGateway(
            configuration: configuration, api: api, live: live, notifications: notifications,
            metrics: { "up 1\n" },
            onListening: { port.yield($0) },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let group = ServiceGroup(
            configuration: .init(
                services: [gateway], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            ))
        return try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await group.run() }
            var iterator = ports.makeAsyncIterator()
            guard let bound = await iterator.next(isolation: #isolation) else {
                throw RawClient.Ended()
            }
            let result = try await use(
                Running(port: bound, api: api, live: live) { await group.triggerGracefulShutdown() }
            )
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return result
        }
    }

    /// Opens an events socket, up to the first frame.
    func socket(
        token: String = "t.o.k", topic: String = "stage1",
        _ use: (inout RawClient) async throws -> Void
    ) async throws {
        try await RawClient.connect(to: port) { client in
            try await client.send("GET", "/events/\(topic)", Self.upgrade(token: token))
            #expect(try await client.answer().status == 101)
            // On a busy machine a ping may come first.
            while try await client.frame().text != "hello" {}
            try await use(&client)
        }
    }

    static func upgrade(token: String?) -> [String: String] {
        var headers = [
            "Connection": "keep-alive, Upgrade", "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        ]
        headers["Sec-WebSocket-Protocol"] = token
        return headers
    }

    /// Waits until it holds, for at most five seconds.
    func eventually(_ holds: (inout FakeLive.State) -> Bool) async throws -> Bool {
        for _ in 0..<500 {
            if live.state.withLock({ holds(&$0) }) { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }
}

/// A folder of sample pages, gone afterwards.
struct SampleFolder {
    let path: String

    static func with<Result>(_ use: (SampleFolder) async throws -> Result) async throws -> Result {
        let root = FileManager.default.temporaryDirectory
            .appendingPathComponent("gateway-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        let samples = root.appendingPathComponent("samples")
        try FileManager.default.createDirectory(
            at: samples.appendingPathComponent("lib"), withIntermediateDirectories: true)
        for (name, text) in [
            "samples/index.html": "<h1>index</h1>", "samples/lib/client.mjs": "export {}",
            "samples/style.css": "a{}", "samples/logo.svg": "<svg/>", "samples/.secret": "secret",
            "secret.txt": "secret",
        ] {
            try Data(text.utf8).write(to: root.appendingPathComponent(name))
        }
        return try await use(SampleFolder(path: samples.path))
    }
}
