import Primitives
import Storage
import Synchronization
import Testing

@testable import StageAPI

@Suite(.timeLimit(.minutes(1))) struct NotificationFeedTests {
    private let test: TestService
    private let bell = NotificationBell()
    private let feed: NotificationFeed
    private let arn = "arn:aws:ivs:local:000000000000:stage/stage"

    init() async throws {
        test = try await TestService()
        var limits = FeedLimits()
        limits.page = 3
        limits.streams = 2
        limits.heartbeat = .milliseconds(50)
        feed = NotificationFeed(service: test.service, bell: bell, limits: limits)
    }

    private func happen(_ numbers: ClosedRange<Int>, of stage: String = "stage") async throws {
        try await test.storage.apply(numbers.map { .appendNotification(.test($0, of: stage)) })
        bell.ring()
    }

    private func open(_ query: String = "", last: String? = nil) async -> NotificationFeed.Answer {
        var request = test.request("GET", "/notifications", query: query)
        if let last { request.headers.append(("Last-Event-ID", last)) }
        return await feed.open(request, isPrivate: false)
    }

    /// What the stream says until it has said what is expected, comments left out.
    private func read(
        _ answer: NotificationFeed.Answer, until expected: String?,
        _ meanwhile: () async throws -> Void = {}
    ) async throws -> String {
        guard case .stream(let reader) = answer else {
            Issue.record("it was refused")
            return ""
        }
        let text = Mutex("")
        let reading = Task {
            try? await reader.run { part in
                let isDone = text.withLock { text in
                    if !part.hasPrefix("retry"), !part.hasPrefix(":") { text += part }
                    return text == expected
                }
                if isDone { throw CancellationError() }
            }
        }
        try await meanwhile()
        await reading.value
        return text.withLock { $0 }
    }

    private func events(_ numbers: ClosedRange<Int>) -> String {
        numbers.map { "id: \($0)\ndata: {\"number\":\($0)}\n\n" }.joined()
    }

    @Test func everythingBehindAPositionAndWhatComes() async throws {
        try await happen(1...7)
        let all = events(2...9)
        let text = try await read(await open("after=1"), until: all) { try await happen(8...9) }
        #expect(text == all)
    }

    @Test func withoutAPositionItBeginsNow() async throws {
        try await happen(1...2)
        let all = events(3...3)
        let text = try await read(await open(), until: all) { try await happen(3...3) }
        #expect(text == all)
    }

    @Test func whatWasSeenLastCountsMore() async throws {
        try await happen(1...5)
        let all = events(5...5)
        #expect(try await read(await open("after=0", last: "4"), until: all) == all)
    }

    @Test func oneStageAndOneKind() async throws {
        try await happen(1...1, of: "other")
        try await happen(2...2)
        let all = events(2...2)
        let query = "stage=" + percentEncode(arn.utf8) + "&after=0&kind=IVS%20Stage%20Update"
        #expect(try await read(await open(query), until: all) == all)
    }

    @Test(arguments: ["stage=x", "kind=x", "after=x", "after=-1", "since=1"])
    func aWrongQueryIsRefused(query: String) async {
        guard case .refused(let response) = await open(query) else {
            Issue.record("it was not refused")
            return
        }
        #expect(response.status == 400)
    }

    @Test func thereIsABoundOfStreams() async throws {
        var open = [await open(), await self.open()]
        guard case .refused(let response) = await self.open() else {
            Issue.record("it was not refused")
            return
        }
        #expect(response.status == 402)
        open.removeLast()
        guard case .stream = await self.open() else {
            Issue.record("the place is free again")
            return
        }
        #expect(open.count == 1)
    }

    @Test func aKeyInTheClearIsTakenInPrivateOnly() async throws {
        func answer(_ bearer: String, isPrivate: Bool) async -> Int {
            let request = APIRequest(
                method: "GET", path: "/notifications", query: "",
                headers: [("Authorization", "Bearer " + bearer)], body: [])
            switch await feed.open(request, isPrivate: isPrivate) {
            case .stream: return 200
            case .refused(let response): return response.status
            }
        }
        #expect(await answer("rostrum-dev:rostrum-dev-secret", isPrivate: true) == 200)
        #expect(await answer("rostrum-dev:rostrum-dev-secret", isPrivate: false) == 403)
        #expect(await answer("rostrum-dev:wrong", isPrivate: true) == 403)
        #expect(await answer("nobody:rostrum-dev-secret", isPrivate: true) == 403)
        #expect(await answer("rostrum-dev", isPrivate: true) == 403)
    }

    @Test func aStreamEndsWithItsKey() async throws {
        let key = try await test.accessKeys.create(permission: .read, at: test.now)
        let request = test.request("GET", "/notifications", key: key)
        let answer = await feed.open(request, isPrivate: false)
        _ = try await read(answer, until: nil) {
            _ = try await test.accessKeys.revoke(key.id)
        }
    }
}
