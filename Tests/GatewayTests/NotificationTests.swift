import Logging
import NIOCore
import Primitives
import StageAPI
import Storage
import Synchronization
import Testing

@testable import Gateway

/// Notifications of a storage, for everybody.
private final class OpenSource: NotificationSource {
    let service: NotificationFeed
    let requests = Mutex<[(APIRequest, Bool)]>([])

    init(_ feed: NotificationFeed) { service = feed }

    func open(_ request: APIRequest, isPrivate: Bool) async -> NotificationFeed.Answer {
        requests.withLock { $0.append((request, isPrivate)) }
        return await service.open(request, isPrivate: isPrivate)
    }
}

@Suite struct NotificationTests {
    @Test func withoutASourceThereIsNothing() async throws {
        try await Running.with { running in
            try await RawClient.connect(to: running.port) { client in
                try await client.send("GET", "/notifications", [:])
                #expect(try await client.answer().status == 404)
            }
        }
    }
}
