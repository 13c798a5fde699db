import Primitives
import Storage
import Synchronization
import Testing
import Webhooks

@testable import WebhookDelivery

@Suite(.timeLimit(.minutes(1))) struct WebhookDispatcherTests {
    @Test func whatHappensIsPostedSignedAndRemoved() async throws {
        let bench = DispatcherBench()
        try await bench.storage.apply([.putWebhook(webhook())])
        try await bench.happen(message(1))
        try await bench.running {
            try await expectEventually {
                try await bench.storage.deliveries(.pending, to: nil, after: 0, limit: 1).isEmpty
            }
        }
        let request = try #require(bench.poster.received.first)
        #expect(bench.poster.received.count == 1)
        #expect(request.address == "http://receiver/wh-1")
        #expect(request.body == #"{"number":1}"#)
        let headers = Dictionary(uniqueKeysWithValues: request.headers.map { ($0.name, $0.value) })
        #expect(headers["content-type"] == "application/json; charset=utf-8")
        #expect(headers["user-agent"] == "Rostrum/test")
        #expect(headers["webhook-id"] == "id-1")
        let time = try #require(headers["webhook-timestamp"].flatMap { Int64($0) })
        let signed = WebhookSignature.headers(
            id: "id-1", time: WallTime(unixSeconds: time), body: request.body, secret: secret)
        #expect(headers["webhook-signature"] == signed[2].value)
        #expect(bench.dispatcher.snapshot().delivered == 1)
        #expect(bench.dispatcher.snapshot().backlog == 0)
    }

    @Test func aStageKeepsItsOrderThroughFailures() async throws {
        let poster = FakePoster { _, count in
            WebhookResult(count.isMultiple(of: 3) ? .accepted : .failed(), error: "no")
        }
        let bench = DispatcherBench(poster: poster)
        try await bench.storage.apply([.putWebhook(webhook())])
        try await bench.happen(message(1), message(2), message(3))
        try await bench.running {
            try await expectEventually { bench.dispatcher.snapshot().delivered == 3 }
        }
        let expected = (1...3).flatMap { Array(repeating: #"{"number":\#($0)}"#, count: 3) }
        #expect(bench.poster.bodies == expected)
        #expect(bench.dispatcher.snapshot().failed == 6)
    }

    @Test func attemptsAreStoredAndARestartGoesOn() async throws {
        let storage = InMemoryStorage()
        try await storage.apply([.putWebhook(webhook())])
        let failing = DispatcherBench(
            storage: storage,
            poster: FakePoster { _, _ in
                WebhookResult(.failed(), error: String(repeating: "x", count: 1_000))
            })
        try await failing.happen(message(1))
        try await failing.running {
            try await expectEventually { failing.dispatcher.snapshot().failed >= 2 }
        }
        let stored = try await storage.deliveries(.pending, to: "wh-1", after: 0, limit: 1)
        let delivery = try #require(stored.first)
        #expect(delivery.attempts >= 2)
        #expect(delivery.lastError?.count == 200)
        let healthy = DispatcherBench(storage: storage)
        try await healthy.running {
            try await expectEventually { healthy.dispatcher.snapshot().delivered == 1 }
        }
    }

    @Test func whatIsGoneIsBuriedAndReplayed() async throws {
        let bench = DispatcherBench(
            poster: FakePoster { _, _ in WebhookResult(.gone, error: "it answered 410") })
        let storage = bench.storage
        try await storage.apply([.putWebhook(webhook())])
        try await bench.happen(message(1))
        try await bench.running {
            try await expectEventually { bench.dispatcher.snapshot().dead == 1 }
            let dead = try await storage.deliveries(.dead, to: nil, after: 0, limit: 1)
            var delivery = try #require(dead.first)
            #expect(delivery.lastError == "it answered 410")
            bench.poster.answer { _, _ in WebhookResult(.accepted) }
            // As another process does it: nobody rings.
            (delivery.state, delivery.attempts) = (.pending, 0)
            try await storage.apply([
                .putDelivery(delivery), .putSetting(key: "revision", value: "2"),
            ])
            try await expectEventually { bench.dispatcher.snapshot().delivered == 1 }
        }
    }

    @Test func webhooksAndMessagesOfOtherProcessesAreNoticed() async throws {
        let bench = DispatcherBench()
        try await bench.running {
            try await bench.storage.apply([.putWebhook(webhook())])
            try await expectEventually { bench.dispatcher.snapshot().webhooks == 1 }
            try await bench.storage.apply([.appendNotification(message(1))])
            try await expectEventually { bench.dispatcher.snapshot().delivered == 1 }
            try await bench.storage.apply([.removeWebhook(id: "wh-1")])
            try await expectEventually { bench.dispatcher.snapshot().webhooks == 0 }
        }
    }

    @Test func aWebhookWhoseSecretCannotBeOpenedGetsNothing() async throws {
        let bench = DispatcherBench()
        try await bench.storage.apply([
            .putWebhook(webhook("wh-1", secret: "foreign")), .putWebhook(webhook("wh-2")),
        ])
        try await bench.happen(message(1))
        try await bench.running {
            try await expectEventually { bench.dispatcher.snapshot().delivered == 1 }
        }
        #expect(bench.poster.received.map(\.address) == ["http://receiver/wh-2"])
    }

    @Test func oneWebhooksFailureIsNotTheOthers() async throws {
        let poster = FakePoster { request, _ in
            request.address.hasSuffix("wh-1")
                ? WebhookResult(.failed(), error: "no") : WebhookResult(.accepted)
        }
        let bench = DispatcherBench(poster: poster)
        try await bench.storage.apply([.putWebhook(webhook("wh-1")), .putWebhook(webhook("wh-2"))])
        for number in 1...20 { try await bench.happen(message(number)) }
        try await bench.running {
            try await expectEventually { bench.dispatcher.snapshot().delivered == 20 }
        }
        let left = try await bench.storage.deliveries(.pending, to: nil, after: 0, limit: 100)
        #expect(left.count == 20)
    }

    @Test func stoppingLetsWhatIsUnderWayComeBack() async throws {
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let (open, gate) = AsyncStream.makeStream(of: Void.self)
        let poster = FakePoster { _, _ in
            begin.yield()
            for await _ in open { break }
            return WebhookResult(.accepted)
        }
        let bench = DispatcherBench(poster: poster)
        try await bench.storage.apply([.putWebhook(webhook())])
        try await bench.happen(message(1), message(2))
        let running = Task { await bench.dispatcher.run() }
        for await _ in begun { break }
        bench.dispatcher.stop()
        try await Task.sleep(for: .milliseconds(50))
        gate.yield()
        await running.value
        #expect(bench.poster.bodies == [#"{"number":1}"#])
        let left = try await bench.storage.deliveries(.pending, to: nil, after: 0, limit: 10)
        #expect(left.map(\.notification.id) == ["id-2"])
    }
}
