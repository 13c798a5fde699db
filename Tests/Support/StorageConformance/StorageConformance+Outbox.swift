import Primitives
import Storage
import Testing

extension StorageConformance {
    private func notification(
        _ id: String, kind: String = "IVS Stage Update", stage: StageID? = Sample.stage
    ) -> NotificationRecord {
        NotificationRecord(
            id: id, stage: stage, kind: kind, time: Sample.time(1), body: #"{"id":"\#(id)"}"#)
    }

    private func webhook(_ id: String, kinds: Set<String> = []) -> WebhookRecord {
        WebhookRecord(
            id: id, url: "https://\(id).example/", secret: "sealed", kinds: kinds,
            createdAt: Sample.time(1))
    }

    func notificationsKeepTheirOrder() async throws {
        let storage = try await make(StorageLimits())
        #expect(try await storage.lastNotification() == 0)
        for number in 0..<7 {
            let stage = number.isMultiple(of: 2) ? Sample.stage : StageID("other")
            try await storage.apply([.appendNotification(notification("n\(number)", stage: stage))])
        }
        let all = try await storage.notifications(after: 0, stage: nil, limit: 99)
        #expect(all.map(\.id) == (0..<7).map { "n\($0)" })
        #expect(all.map(\.position) == all.map(\.position).sorted())
        #expect(try await storage.lastNotification() == all.last?.position)
        let next = try await storage.notifications(after: all[2].position, stage: nil, limit: 2)
        #expect(next == [all[3], all[4]])
        let of = try await storage.notifications(
            after: all[0].position, stage: Sample.stage, limit: 9)
        #expect(of.map(\.id) == ["n2", "n4", "n6"])
    }

    func notificationsGoToWhoWantsThem() async throws {
        let storage = try await make(StorageLimits())
        try await storage.apply([
            .appendNotification(notification("before")), .putWebhook(webhook("all")),
            .putWebhook(webhook("some", kinds: ["IVS Composition State Change", "it's"])),
            .appendNotification(notification("n1")),
            .appendNotification(notification("n2", kind: "IVS Composition State Change")),
            .appendNotification(notification("n3", kind: "it's", stage: nil)),
        ])
        #expect(try await storage.webhooks().map(\.id) == ["all", "some"])
        func pending(_ webhook: String?) async throws -> [String] {
            try await storage.deliveries(.pending, to: webhook, after: 0, limit: 99).map {
                "\($0.webhook) \($0.notification.id)"
            }
        }
        #expect(try await pending("all") == ["all n1", "all n2", "all n3"])
        #expect(try await pending("some") == ["some n2", "some n3"])
        #expect(
            try await pending(nil)
                == ["all n1", "all n2", "some n2", "all n3", "some n3"])
        let page = try await storage.deliveries(.pending, to: nil, after: 0, limit: 2)
        #expect(page.count == 3, "a page has whole notifications")
        let position = page[2].notification.position
        try await storage.apply([.removeDelivery(webhook: "all", notification: position)])
        #expect(try await pending("all") == ["all n1", "all n3"])
        try await storage.apply([.removeWebhook(id: "all")])
        #expect(try await pending(nil) == ["some n2", "some n3"])
        #expect(try await storage.webhooks().map(\.id) == ["some"])
    }

    func deliveriesChangeTheirState() async throws {
        let storage = try await make(StorageLimits(deadDeliveries: 2))
        try await storage.apply(
            [.putWebhook(webhook("w"))]
                + (0..<4).map { .appendNotification(notification("n\($0)")) })
        let pending = try await storage.deliveries(.pending, to: "w", after: 0, limit: 9)
        #expect(pending.map(\.attempts) == [0, 0, 0, 0])
        for delivery in pending.prefix(3) {
            var dead = delivery
            dead.state = .dead
            dead.attempts = 5
            dead.lastAttemptAt = Sample.time(7)
            dead.lastError = "503"
            try await storage.apply([.putDelivery(dead)])
        }
        let dead = try await storage.deliveries(.dead, to: nil, after: 0, limit: 9)
        #expect(dead.map(\.notification.id) == ["n1", "n2"], "the oldest makes room")
        #expect(dead.first?.attempts == 5 && dead.first?.lastError == "503")
        #expect(dead.first?.lastAttemptAt == Sample.time(7))
        let left = try await storage.deliveries(.pending, to: nil, after: 0, limit: 9)
        #expect(left.map(\.notification.id) == ["n3"])
        var again = dead[0]
        again.state = .pending
        try await storage.apply([.putDelivery(again)])
        let order = try await storage.deliveries(.pending, to: "w", after: 0, limit: 9)
        #expect(order.map(\.notification.id) == ["n1", "n3"])
    }

    func whatIsAwaitedOutlivesTheLimit() async throws {
        let storage = try await make(StorageLimits(notifications: 3))
        try await storage.apply([
            .putWebhook(webhook("w", kinds: ["wanted"])),
            .appendNotification(notification("kept", kind: "wanted")),
        ])
        for number in 0..<12 {
            try await storage.apply([.appendNotification(notification("n\(number)"))])
        }
        let kept = try await storage.notifications(after: 0, stage: nil, limit: 99)
        #expect(kept.first?.id == "kept" && kept.last?.id == "n11")
        #expect(kept.count <= 7, "at most twice the limit, and what is awaited")
        try await storage.apply([.prune(before: Sample.time(2))])
        let left = try await storage.notifications(after: 0, stage: nil, limit: 99)
        #expect(left.map(\.id) == ["kept"])
        #expect(try await storage.lastNotification() == 13)
    }
}
