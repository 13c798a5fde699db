import Logging
import NIOCore
import Primitives
import ServiceLifecycle
import StageAPI
import Storage
import Synchronization
import Testing

@testable import Gateway

/// The notifications of a storage, for whoever says a word.
private final class FakeSource: NotificationSource {
    let storage = InMemoryStorage()
    let bell = NotificationBell()
    let isAllowed = Mutex(true)
    let wasPrivate = Mutex<Bool?>(nil)

    func open(_ request: APIRequest, isPrivate: Bool) async -> NotificationFeed.Answer {
        wasPrivate.withLock { $0 = isPrivate }
        guard request.headers.contains(where: { $0.value == "open" }) else {
            return .refused(
                APIResponse(status: 403, headers: [("x-amzn-ErrorType", "No")], body: []))
        }
        var limits = FeedLimits()
        limits.heartbeat = .milliseconds(50)
        return .stream(
            NotificationReader(
                storage: storage, rings: bell.rings(), limits: limits, filter: .init(), start: 0,
                isAllowed: { self.isAllowed.withLock { $0 } }))
    }

    func happen(_ number: Int, bytes: Int = 2) async throws {
        let record = NotificationRecord(
            id: "\(number)", stage: nil, kind: "k", time: WallTime(unixMilliseconds: 0),
            body: String(repeating: "x", count: bytes))
        try await storage.apply([.appendNotification(record)])
        bell.ring()
    }
}

@Suite(.timeLimit(.minutes(1))) struct NotificationTests {
    private let source = FakeSource()

    private func with(
        _ use: (Running, inout RawClient) async throws -> Void
    ) async throws {
        try await Running.with(notifications: source) { running in
            try await RawClient.connect(to: running.port) { client in
                try await use(running, &client)
            }
        }
    }

    @Test func withoutASourceThereIsNothing() async throws {
        try await Running.with { running in
            try await RawClient.connect(to: running.port) { client in
                try await client.send("GET", "/notifications", [:])
                #expect(try await client.answer().status == 404)
            }
        }
    }

    @Test func aRefusalIsAnAnswer() async throws {
        try await with { _, client in
            try await client.send("GET", "/notifications", [:])
            let answer = try await client.answer()
            #expect(answer.status == 403)
            #expect(answer.header("x-amzn-ErrorType") == "No")
            #expect(source.wasPrivate.withLock { $0 } == true, "from this machine")
            try await client.send("POST", "/notifications", [:])
            #expect(try await client.answer().status == 405)
        }
    }

    @Test func whatComesIsSentAtOnce() async throws {
        try await with { _, client in
            try await source.happen(1)
            try await client.send("GET", "/notifications", ["Authorization": "open"])
            let head = try await client.text(until: "id: 1\ndata: xx\n\n")
            #expect(head.hasPrefix("HTTP/1.1 200"))
            #expect(head.lowercased().contains("content-type: text/event-stream"))
            #expect(head.lowercased().contains("transfer-encoding: chunked"))
            try await source.happen(2)
            _ = try await client.text(until: "id: 2\ndata: xx\n\n")
            _ = try await client.text(until: ":\n\n")
        }
    }

    @Test func itEndsWhenTheKeyIsGone() async throws {
        try await with { _, client in
            try await client.send("GET", "/notifications", ["Authorization": "open"])
            _ = try await client.text(until: ":\n\n")
            source.isAllowed.withLock { $0 = false }
            _ = try await client.text(until: "\r\n0\r\n\r\n")
            #expect(await client.hasEnded())
        }
    }

    @Test func itEndsWithTheServer() async throws {
        try await with { running, client in
            try await client.send("GET", "/notifications", ["Authorization": "open"])
            _ = try await client.text(until: ":\n\n")
            await running.stop()
            _ = try await client.text(until: "\r\n0\r\n\r\n")
            #expect(await client.hasEnded())
        }
    }
}
