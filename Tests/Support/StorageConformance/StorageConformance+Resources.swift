import Primitives
import Storage
import Testing

extension StorageConformance {
    private func resource(
        _ kind: ResourceRecord.Kind, _ id: String, state: String = "", links: Set<String> = []
    ) -> ResourceRecord {
        ResourceRecord(
            kind: kind, id: id, arn: "arn:\(kind.rawValue)/\(id)", name: "n \(id)",
            tags: ["k": "v ☃"], state: state, links: links, body: #"{"a":1}"#,
            createdAt: Sample.time(1), expiresAt: Sample.time(900))
    }

    func resourcesKeepEveryFieldAndTheirPlace() async throws {
        let storage = try await make(StorageLimits())
        let first = resource(
            .composition, "c1", state: "ACTIVE", links: ["arn:stage/a", "arn:e/1"])
        try await storage.apply([
            .putResource(first), .putResource(resource(.composition, "c2")),
            .putResource(resource(.publicKey, "c1")),
        ])
        var found = try await storage.resource(.composition, "c1")
        let place = found?.position ?? 0
        found?.position = 0
        #expect(found == first)
        var changed = first
        (changed.state, changed.links) = ("STOPPED", ["arn:e/1"])
        try await storage.apply([.putResource(changed)])
        let again = try await storage.resource(.composition, "c1")
        #expect(again?.position == place && again?.state == "STOPPED")
        #expect(again?.links == ["arn:e/1"])
        #expect(try await storage.resource(.composition, "c9") == nil)
        try await storage.apply([
            .removeResource(.composition, id: "c1"), .removeResource(.composition, id: "c9"),
        ])
        #expect(try await storage.resource(.composition, "c1") == nil)
        #expect(try await storage.resource(.publicKey, "c1") != nil)
        let linked = ResourceQuery(kind: .composition, links: ["arn:e/1"])
        #expect(try await storage.resourceCount(linked) == 0)
    }

    func resourcesAreFoundByStateAndLinks() async throws {
        let storage = try await make(StorageLimits())
        for number in 0..<20 {
            let links: Set = ["s\(number % 2)", "e\(number % 3)"]
            try await storage.apply([
                .putResource(
                    resource(
                        .composition, "c\(number)", state: number < 10 ? "ACTIVE" : "STOPPED",
                        links: links))
            ])
        }
        for (query, wanted) in [
            (ResourceQuery(kind: .composition), Array(0..<20)),
            (ResourceQuery(kind: .composition, state: "ACTIVE"), Array(0..<10)),
            (
                ResourceQuery(kind: .composition, links: ["s1"]),
                (0..<20).filter { $0 % 2 == 1 }
            ),
            (
                ResourceQuery(kind: .composition, state: "STOPPED", links: ["s1", "e2"]),
                (10..<20).filter { $0 % 2 == 1 && $0 % 3 == 2 }
            ),
            (ResourceQuery(kind: .publicKey), []),
        ] {
            var (found, cursor): ([ResourceRecord], Int64?) = ([], nil)
            while true {
                let page = try await storage.resources(query, after: cursor, limit: 3)
                guard let last = page.last else { break }
                found += page
                cursor = last.position
                try await storage.apply([.putResource(page[0])])
            }
            #expect(found.map(\.id) == wanted.map { "c\($0)" })
            #expect(try await storage.resourceCount(query) == wanted.count)
        }
    }

    func expiredResourcesArePruned() async throws {
        let storage = try await make(StorageLimits())
        var lasting = resource(.composition, "c2")
        lasting.expiresAt = nil
        try await storage.apply([
            .putResource(resource(.composition, "c1")), .putResource(lasting),
        ])
        try await storage.apply([.prune(before: Sample.time(900))])
        #expect(try await storage.resourceCount(ResourceQuery(kind: .composition)) == 2)
        try await storage.apply([.prune(before: Sample.time(901))])
        #expect(try await storage.resource(.composition, "c1") == nil)
        #expect(try await storage.resource(.composition, "c2") != nil)
    }

    func replicationsKeepTheirPlace() async throws {
        let storage = try await make(StorageLimits())
        try await storage.apply(["a", "b", "c"].map { .putStage(Sample.stage($0)) })
        func record(_ participant: String, _ source: String, _ destination: String)
            -> ReplicationRecord
        {
            ReplicationRecord(
                participant: ParticipantID(participant), sourceStage: StageID(source),
                sourceSession: StageSessionID("st-1"), destinationStage: StageID(destination),
                destinationSession: StageSessionID("st-2"), attributes: ["seat": "1"],
                reconnectWindowSeconds: 7, startedAt: Sample.time(1))
        }
        func found(_ query: ReplicationQuery) async throws -> [String] {
            try await storage.replications(query, after: nil, limit: 9).map {
                "\($0.participant)\($0.sourceStage)\($0.destinationStage)"
            }
        }
        var ended = record("P", "a", "b")
        (ended.isActive, ended.endedAt) = (false, Sample.time(5))
        try await storage.apply([
            .putReplication(record("P", "a", "b")), .putReplication(record("P", "a", "c")),
            .putReplication(record("Q", "b", "a")), .putReplication(record("P", "a", "gone")),
            .putReplication(ended),
        ])
        #expect(try await found(ReplicationQuery()) == ["Pab", "Pac", "Qba"])
        #expect(try await found(ReplicationQuery(isActive: true)) == ["Pac", "Qba"])
        #expect(try await found(ReplicationQuery(isActive: false)) == ["Pab"])
        #expect(
            try await found(ReplicationQuery(participant: ParticipantID("P"))) == ["Pab", "Pac"])
        #expect(try await found(ReplicationQuery(destinationStage: StageID("a"))) == ["Qba"])
        let all = try await storage.replications(ReplicationQuery(), after: nil, limit: 1)
        var first = try #require(all.first)
        let rest = try await storage.replications(
            ReplicationQuery(), after: first.position, limit: 9)
        #expect(rest.count == 2)
        first.position = 0
        #expect(first == ended)
        try await storage.apply([.prune(before: Sample.time(6))])
        #expect(try await found(ReplicationQuery()) == ["Pac", "Qba"])
        try await storage.apply([.deleteStage(StageID("b"))])
        #expect(try await found(ReplicationQuery()) == ["Pac"])
    }
}
