import Logging
import Primitives
import Storage
import Synchronization
import Testing
import Webhooks

@testable import WebhookDelivery

let start = WallTime(unixSeconds: 1_700_000_000)
let secret = WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")!

func message(_ number: Int, of stage: String? = "a") -> NotificationRecord {
    NotificationRecord(
        id: "id-\(number)", stage: stage.map { StageID($0) }, kind: "IVS Stage Update",
        time: .now, body: #"{"number":\#(number)}"#)
}

extension WallTime {
    static var now: WallTime {
        let since = ContinuousClock.now - origin
        return start + since
    }
    private static let origin = ContinuousClock.now
}

func webhook(_ id: String = "wh-1", secret: String = "sealed") -> WebhookRecord {
    WebhookRecord(id: id, url: "http://receiver/\(id)", secret: secret, createdAt: start)
}

/// A receiver that does what it is told.
final class FakePoster: WebhookPosting {
    private struct State {
        var received: [WebhookRequest] = []
        var answer: @Sendable (WebhookRequest, Int) async -> WebhookResult
    }

    private let state: Mutex<State>

    init(
        answer: @escaping @Sendable (WebhookRequest, Int) async -> WebhookResult = { _, _ in
            WebhookResult(.accepted)
        }
    ) {
        state = Mutex(State(answer: answer))
    }

    var received: [WebhookRequest] { state.withLock { $0.received } }
    var bodies: [String] { received.map(\.body) }

    func answer(_ answer: @escaping @Sendable (WebhookRequest, Int) async -> WebhookResult) {
        state.withLock { $0.answer = answer }
    }

    func post(_ request: WebhookRequest) async -> WebhookResult {
        let (answer, count) = state.withLock { state in
            state.received.append(request)
            return (state.answer, state.received.count)
        }
        return await answer(request, count)
    }
}

/// A dispatcher on a storage, with delays that a test can wait for.
struct DispatcherBench: Sendable {
    let storage: InMemoryStorage
    let bell = NotificationBell()
    let poster: FakePoster
    let dispatcher: WebhookDispatcher

    init(storage: InMemoryStorage = InMemoryStorage(), poster: FakePoster = FakePoster()) {
        self.storage = storage
        self.poster = poster
        var limits = DispatcherLimits()
        limits.pollInterval = .milliseconds(20)
        limits.storageRetry = .milliseconds(10)
        limits.delivery.firstDelay = .milliseconds(20)
        limits.delivery.maximumDelay = .milliseconds(100)
        dispatcher = WebhookDispatcher(
            storage: storage, poster: poster, bell: bell,
            secret: { $0.secret == "sealed" ? secret : nil }, revisionSetting: "revision",
            userAgent: "Rostrum/test", limits: limits, now: { .now },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    func happen(_ messages: NotificationRecord...) async throws {
        try await storage.apply(messages.map { .appendNotification($0) })
        bell.ring()
    }

    /// Runs the dispatcher beside `body`.
    func running(_ body: () async throws -> Void) async throws {
        let task = Task { await dispatcher.run() }
        defer { task.cancel() }
        try await body()
        task.cancel()
        await task.value
    }
}

/// Waits until it is so; at most ten seconds.
func expectEventually(
    _ location: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
) async throws {
    for _ in 0..<1_000 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record("it did not come about in ten seconds", sourceLocation: location)
}
