import Primitives
import Signalling
import Stages
import Storage
import Synchronization
import Testing

@testable import StageAPI

@Suite("Publishers that are seen on another stage")
struct LiveReplicationTests {
    private let other = StageID("other")
    private let host = ParticipantID("host")

    /// Two stages, a host that publishes on the first, and the service running.
    private func played(
        _ configure: (inout LiveLimits) -> Void = { _ in },
        _ body: (Theatre, MediaCreated) async throws -> Void
    ) async throws {
        let theatre = await Theatre(FakeStorage(), configure)
        try await theatre.storage.memory.apply([
            .putStage(
                StageRecord(
                    id: other, arn: "arn:stage/other", name: "", tags: [:],
                    createdAt: theatre.now))
        ])
        try await theatre.running {
            let created = try await theatre.publish(Theatre.host())
            theatre.media.report.yield([.publishStarted(created.resource, host)])
            #expect(await eventually { await self.isPublishing(on: "stage", theatre) })
            try await body(theatre, created)
        }
    }

    private func isPublishing(on stage: String, _ theatre: Theatre) async -> Bool {
        theatre.live.index.withLock { $0.places[StageID(stage)]?.room }?
            .read { $0.machine.view(of: host)?.isPublishing } == true
    }

    private func request(_ change: (inout ReplicationRequest) -> Void = { _ in })
        -> ReplicationRequest
    {
        var request = ReplicationRequest(
            participant: host, source: StageID("stage"), destination: other)
        change(&request)
        return request
    }

    private func events(on stage: StageID, _ theatre: Theatre) async throws -> [String] {
        let record = try #require(try await theatre.storage.memory.participant(host, of: stage))
        return try await theatre.storage.memory.events(
            of: host, stage: stage, session: try #require(record.session), before: nil, limit: 99
        ).reversed().map { $0.name + ($0.details?.isReplica == true ? " replica" : "") }
    }

    @Test("come with their attributes, are stored as what they are, and go when it is stopped")
    func startAndStop() async throws {
        try await played { theatre, _ in
            let outcome = try await theatre.live.startReplication(
                request { $0.attributes = ["k": "laid over", "seat": "1"] })
            #expect(outcome == .started)
            #expect(theatre.media.calls.withLock { $0.replications } == ["host stage→other"])
            #expect(await eventually { await self.isPublishing(on: "other", theatre) })

            let viewer = TestSocket(
                try await theatre.live.connectEvents(
                    topic: other, token: "viewer@other+subscribe", client: ClientFacts()))
            let seen = await viewer.state { !$0.isEmpty }
            #expect(seen?.first?["id"] == .string("host"))
            #expect(seen?.first?["replica"] == .bool(true))
            #expect(seen?.first?["attributes"]?["k"] == .string("laid over"))

            let replica = try await theatre.storage.memory.participant(host, of: other)
            #expect(replica?.replication?.role == .replica)
            #expect(replica?.replication?.sourceStage == StageID("stage"))
            #expect(replica?.isConnected == true && replica?.hasPublished == true)
            let source = try await theatre.storage.memory.participant(host, of: StageID("stage"))
            #expect(source?.replication == ReplicationFacts(role: .source, isActive: true))

            let again = try await theatre.live.startReplication(request())
            #expect(again == .alreadyReplicated)
            let stopped = try await theatre.live.stopReplication(
                of: host, from: StageID("stage"), to: other)
            #expect(stopped)
            let twice = try await theatre.live.stopReplication(
                of: host, from: StageID("stage"), to: other)
            #expect(!twice)
            #expect(
                try await events(on: other, theatre) == [
                    "JOINED replica", "PUBLISH_STARTED replica", "PUBLISH_STOPPED replica",
                    "LEFT replica",
                ])
            #expect(
                try await events(on: StageID("stage"), theatre) == [
                    "JOINED", "PUBLISH_STARTED", "REPLICATION_STARTED", "REPLICATION_STOPPED",
                ])
            let records = try await theatre.storage.memory.replications(
                ReplicationQuery(participant: host), after: nil, limit: 9)
            #expect(records.map(\.isActive) == [false])
            #expect(theatre.media.calls.withLock { $0.replications.last } == "-host stage→other")
        }
    }

    @Test("can be subscribed to there, and the subscription says that it is to a replica")
    func subscription() async throws {
        try await played { theatre, _ in
            _ = try await theatre.live.startReplication(request())
            let created = try await theatre.live.subscribe(
                MediaRequest(
                    bearer: "viewer@other+subscribe", pathParticipant: host, offer: "o"))
            theatre.media.report.yield([.subscribeStarted(created.resource, to: host)])
            #expect(
                await eventually {
                    let viewer = ParticipantID("viewer")
                    guard
                        let record = try? await theatre.storage.memory.participant(
                            viewer, of: other), let session = record.session,
                        let events = try? await theatre.storage.memory.events(
                            of: viewer, stage: other, session: session, before: nil, limit: 9)
                    else { return false }
                    return events.first?.name == "SUBSCRIBE_STARTED"
                        && events.first?.details?.isReplica == true
                })
        }
    }

    @Test("end with the publication, at once or when nobody waits any longer")
    func endsWithTheSource() async throws {
        try await played { theatre, created in
            _ = try await theatre.live.startReplication(request())
            theatre.media.report.yield([.ended(created.resource, .closedByPeer)])
            #expect(
                await eventually {
                    let replica = try? await theatre.storage.memory.participant(host, of: other)
                    return replica?.isConnected == false
                        && theatre.live.replications.withLock { $0.entries.isEmpty }
                })
        }
        try await played { theatre, created in
            _ = try await theatre.live.startReplication(
                request { $0.reconnectWindowSeconds = 300 })
            theatre.media.report.yield([.ended(created.resource, .closedByPeer)])
            #expect(
                await eventually { await !self.isPublishing(on: "other", theatre) })
            #expect(theatre.live.replications.withLock { $0.entries.count } == 1)
            let back = try await theatre.publish(Theatre.host())
            theatre.media.report.yield([.publishStarted(back.resource, host)])
            #expect(await eventually { await self.isPublishing(on: "other", theatre) })
            // What is seen is stored a moment later.
            #expect(
                try await eventually {
                    try await events(on: other, theatre) == [
                        "JOINED replica", "PUBLISH_STARTED replica", "PUBLISH_STOPPED replica",
                        "PUBLISH_STARTED replica",
                    ]
                })
        }
    }

    @Test("outlive a reload of the publisher's page")
    func reload() async throws {
        try await played { theatre, _ in
            _ = try await theatre.live.startReplication(request())
            let again = try await theatre.publish(Theatre.host())
            theatre.media.report.yield([.publishStarted(again.resource, host)])
            #expect(await eventually { await self.isPublishing(on: "other", theatre) })
            #expect(theatre.live.replications.withLock { $0.entries.count } == 1)
        }
    }

    @Test("end with either stage, and when either participant is disconnected")
    func endsWithStagesAndParticipants() async throws {
        for end in [
            { live in await live.stageDeleted(StageID("stage")) },
            { live in await live.stageDeleted(StageID("other")) },
            { live in
                try? await live.disconnect(
                    ParticipantID("host"), of: StageID("stage"), reason: "")
            },
            { live in
                try? await live.disconnect(
                    ParticipantID("host"), of: StageID("other"), reason: "")
            },
        ] as [@Sendable (LiveStages) async -> Void] {
            try await played { theatre, _ in
                _ = try await theatre.live.startReplication(
                    request { $0.reconnectWindowSeconds = 300 })
                await end(theatre.live)
                #expect(theatre.live.replications.withLock { $0.entries.isEmpty })
                #expect(
                    theatre.media.calls.withLock { $0.replications.last } == "-host stage→other")
                #expect(await !isPublishing(on: "other", theatre))
            }
        }
    }

    @Test("two stages may replicate to each other")
    func bothWays() async throws {
        try await played { theatre, _ in
            let guest = try await theatre.live.publish(
                MediaRequest(bearer: "guest@other+publish", pathParticipant: nil, offer: "o"))
            theatre.media.report.yield([.publishStarted(guest.resource, ParticipantID("guest"))])
            #expect(
                await eventually {
                    (try? await theatre.live.startReplication(
                        ReplicationRequest(
                            participant: ParticipantID("guest"), source: other,
                            destination: StageID("stage")))) == .started
                })
            #expect(try await theatre.live.startReplication(request()) == .started)
            #expect(await eventually { await self.isPublishing(on: "other", theatre) })
            let counts = theatre.live.snapshot()
            #expect(counts.publishers == 4)
        }
    }

    @Test("are refused for a reason")
    func refusals() async throws {
        let narrow: (inout LiveLimits) -> Void = { limits in
            limits.stage.publishers = 1
            limits.replicationsPerParticipant = 1
        }
        try await played(narrow) { theatre, _ in
            let live = theatre.live
            #expect(
                try await live.startReplication(
                    request { $0.participant = ParticipantID("nobody") }) == .absent)
            #expect(
                try await live.startReplication(
                    request {
                        ($0.source, $0.destination) = (other, StageID("stage"))
                    }) == .absent)
            let long = String(repeating: "x", count: 1_020)
            guard
                case .attributesTooLarge = try await live.startReplication(
                    request { $0.attributes = ["a": long] })
            else {
                Issue.record("attributes were let in")
                return
            }
            let guest = try await live.publish(
                MediaRequest(bearer: "guest@other+publish", pathParticipant: nil, offer: "o"))
            guard case .refused(.quota, _) = try await live.startReplication(request()) else {
                Issue.record("one publisher too many")
                return
            }
            try await live.end(guest.resource, bearer: "guest@other+publish")
            #expect(try await live.startReplication(request()) == .started)
            #expect(
                try await live.startReplication(
                    request { $0.destination = StageID("third") }) == .tooMany(limit: 1))
            let native = try? await live.publish(
                MediaRequest(bearer: "host@other+publish", pathParticipant: nil, offer: "o"))
            #expect(native == nil, "it is there as a replica")
        }
    }

    @Test("that a crash left are ended at the start")
    func recovery() async throws {
        let theatre = await Theatre()
        try await theatre.storage.memory.apply([
            .putReplication(
                ReplicationRecord(
                    participant: host, sourceStage: StageID("stage"),
                    sourceSession: StageSessionID("st-1"), destinationStage: StageID("stage"),
                    destinationSession: StageSessionID("st-2"), startedAt: theatre.now))
        ])
        try await theatre.running {
            #expect(
                await eventually {
                    let left = try? await theatre.storage.memory.replications(
                        ReplicationQuery(isActive: true), after: nil, limit: 9)
                    return left?.isEmpty == true
                })
        }
    }
}
