import Primitives
import Signalling
import Stages
import Storage
import Synchronization
import Testing

@testable import StageAPI

/// Two stages, and a host that publishes on the first.
private struct Stages {
    static let source = StageID("stage")
    static let other = StageID("other")
    static let host = ParticipantID("host")

    let theatre: Theatre
    let created: MediaCreated

    var live: LiveStages { theatre.live }
    var memory: InMemoryStorage { theatre.storage.memory }

    init(_ configure: (inout LiveLimits) -> Void = { _ in }) async throws {
        theatre = await Theatre(FakeStorage(), configure)
        try await Self.addStage("other", to: theatre)
        created = try await theatre.publish(Theatre.host())
        await theatre.live.take([.publishStarted(created.resource, Self.host)])
    }

    static func addStage(_ name: String, to theatre: Theatre) async throws {
        try await theatre.storage.memory.apply([
            .putStage(
                StageRecord(
                    id: StageID(name), arn: "arn:stage/\(name)", name: "", tags: [:],
                    createdAt: theatre.now))
        ])
    }

    @discardableResult
    func start(to destination: String = "other", window: Int = 0) async throws
        -> ReplicationOutcome
    {
        try await live.startReplication(
            ReplicationRequest(
                participant: Self.host, source: Self.source, destination: StageID(destination),
                reconnectWindowSeconds: window))
    }

    @discardableResult
    func stop() async throws -> Bool {
        try await live.stopReplication(of: Self.host, from: Self.source, to: Self.other)
    }

    /// The host's media session is gone.
    func leave() async {
        await live.take([.ended(created.resource, .consentExpired)])
    }

    var goingOn: Int { live.replications.withLock { $0.entries.count } }

    func record() async throws -> ReplicationRecord? {
        try await memory.replications(
            ReplicationQuery(participant: Self.host, destinationStage: Self.other), after: nil,
            limit: 9
        ).first
    }

    func facts(on stage: StageID) async throws -> ReplicationFacts? {
        try await memory.participant(Self.host, of: stage)?.replication
    }

    func names(on stage: StageID) async throws -> [String] {
        let record = try #require(try await memory.participant(Self.host, of: stage))
        let events = try await memory.events(
            of: Self.host, stage: stage, session: try #require(record.session), before: nil,
            limit: 99)
        return events.reversed().map { $0.name + ($0.details?.isReplica == true ? " replica" : "") }
    }

    /// How the destination shows the host now; `nil` when it does not.
    var replica: ParticipantView? {
        live.index.withLock { $0.places[Self.other]?.room }?
            .read { $0.machine.snapshot.publishers.first { $0.id == Self.host } }
    }

    /// Nothing is left of it: not here, not there, not in media, not in the database.
    func isOver() async throws -> Bool {
        let media = theatre.media.calls.withLock { $0.replications.last }
        let record = try await record()
        let source = try await facts(on: Self.source)
        let destination = try await facts(on: Self.other)
        return goingOn == 0 && replica == nil && media?.hasPrefix("-") != false
            && record?.isActive != true && source?.isActive != true
            && destination?.isActive != true
    }
}

@Suite("Replications under trouble", .timeLimit(.minutes(1)))
struct ReplicationTroubleTests {
    @Test("that begin at the same time are as many as may be, and one of each")
    func concurrentStarts() async throws {
        let stages = try await Stages { $0.replicationsPerParticipant = 3 }
        for name in 0..<6 { try await Stages.addStage("d\(name)", to: stages.theatre) }
        let outcomes = try await withThrowingTaskGroup(of: ReplicationOutcome.self) { group in
            for task in 0..<12 { group.addTask { try await stages.start(to: "d\(task % 6)") } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { $0 == .started } == 3)
        #expect(stages.goingOn == 3)
        #expect(stages.theatre.media.calls.withLock { $0.replications.count } == 3)
    }

    @Test("that begin and end at the same time leave what the last word said")
    func startsAndStops() async throws {
        let stages = try await Stages()
        for _ in 0..<20 {
            await withTaskGroup { group in
                for task in 0..<4 {
                    group.addTask {
                        _ =
                            task % 2 == 0
                            ? try? await stages.start() == .started : try? await stages.stop()
                    }
                }
            }
            let record = try await stages.record()
            #expect(record?.isActive == (stages.goingOn == 1))
            let source = try await stages.facts(on: Stages.source)
            #expect(source?.isActive == (stages.goingOn == 1))
            let media = stages.theatre.media.calls.withLock { $0.replications.last }
            #expect(media?.hasPrefix("-") == (stages.goingOn == 0))
            #expect((stages.replica != nil) == (stages.goingOn == 1))
        }
        let names = try await stages.names(on: Stages.source).filter { $0.contains("REPLICATION") }
        for (place, name) in names.enumerated() {
            #expect(name == (place % 2 == 0 ? "REPLICATION_STARTED" : "REPLICATION_STOPPED"))
        }
    }

    @Test("whose host leaves while they begin end")
    func leavesMeanwhile() async throws {
        let stages = try await Stages()
        stages.theatre.media.calls.withLock { $0.whileReplicating = { await stages.leave() } }
        try await stages.start()
        #expect(await eventually { (try? await stages.isOver()) == true })
        #expect(
            try await stages.names(on: Stages.other) == ["JOINED replica", "LEFT replica"])
    }

    @Test("that cannot be stored are none")
    func storageFails() async throws {
        for writes in [0, 1, 2] {
            let stages = try await Stages()
            // Each write is tried twice. The ones before the failing one succeed.
            stages.theatre.storage.fail(after: writes, times: 2)
            await #expect(throws: StorageError.self) { try await stages.start() }
            #expect(try await stages.isOver(), "\(writes)")
            #expect(try await stages.start() == .started)
        }
    }

    @Test("are waited for until the window is over, and not longer")
    func window() async throws {
        let stages = try await Stages()
        try await stages.theatre.running {
            try await stages.start(window: 30)
            await stages.leave()
            #expect(await eventually { stages.replica?.isPublishing == false })
            stages.theatre.wait(.seconds(29))
            await stages.live.advance()
            #expect(stages.goingOn == 1)
            stages.theatre.wait(.seconds(1))
            #expect(await eventually { (try? await stages.isOver()) == true })
            #expect(
                try await stages.names(on: Stages.source) == [
                    "JOINED", "PUBLISH_STARTED", "REPLICATION_STARTED", "PUBLISH_STOPPED", "LEFT",
                    "REPLICATION_STOPPED",
                ])
        }
    }

    @Test("whose host came back are those of a source, and wait anew the next time")
    func comesBack() async throws {
        let stages = try await Stages()
        try await stages.theatre.running {
            try await stages.start(window: 30)
            await stages.leave()
            stages.theatre.wait(.seconds(20))
            let back = try await stages.theatre.publish(Theatre.host())
            await stages.live.take([.publishStarted(back.resource, Stages.host)])
            #expect(await eventually { stages.replica?.isPublishing == true })
            #expect(
                try await eventually {
                    try await stages.facts(on: Stages.source)
                        == ReplicationFacts(role: .source, isActive: true)
                })
            stages.theatre.wait(.seconds(20))
            await stages.live.advance()
            #expect(stages.goingOn == 1)
            await stages.live.take([.ended(back.resource, .consentExpired)])
            stages.theatre.wait(.seconds(20))
            await stages.live.advance()
            #expect(stages.goingOn == 1, "the window begins anew")
            stages.theatre.wait(.seconds(10))
            #expect(await eventually { (try? await stages.isOver()) == true })
        }
    }

    @Test("show what is muted at the source, by whomever")
    func muted() async throws {
        let stages = try await Stages()
        try await stages.start()
        _ = try await stages.live.mute(
            Stages.host, of: Stages.source, audio: true, video: nil)
        #expect(await eventually { stages.replica?.audioMuted == true })
        #expect(stages.replica?.mutedByModerator == MutedKinds(audio: true))
        #expect(stages.replica?.videoStopped == false)
        // It is not the destination's to say.
        let outcome = try await stages.live.mute(
            Stages.host, of: Stages.other, audio: false, video: nil)
        #expect(outcome == .absent)
    }

    @Test("of replicas there are none")
    func chains() async throws {
        let stages = try await Stages()
        try await Stages.addStage("third", to: stages.theatre)
        try await stages.start()
        #expect(await eventually { stages.replica?.isPublishing == true })
        let outcome = try await stages.live.startReplication(
            ReplicationRequest(
                participant: Stages.host, source: Stages.other, destination: StageID("third")))
        #expect(outcome == .notPublishing)
    }

    @Test("end when the server goes down")
    func shutdown() async throws {
        let stages = try await Stages()
        try await stages.start(window: 300)
        await stages.live.shutdown()
        #expect(try await stages.isOver())
        let names = try await stages.names(on: Stages.source)
        #expect(names.contains("REPLICATION_STOPPED"))
        #expect(try await stages.names(on: Stages.other).last == "LEFT replica")
    }

    @Test("that a crash cut off have ended on both stages")
    func crash() async throws {
        let stages = try await Stages()
        try await stages.start(window: 300)
        #expect(
            await eventually {
                (try? await stages.names(on: Stages.other))?.last == "PUBLISH_STARTED replica"
            })
        let after = await Theatre(stages.theatre.storage, seed: 2)
        after.wait(.seconds(60))
        try await after.running {
            #expect(
                await eventually {
                    let open = try? await stages.memory.openSessions(after: nil, limit: 9)
                    let record = try? await stages.record()
                    return open?.isEmpty == true && record?.isActive == false
                })
        }
        #expect(try await stages.facts(on: Stages.source)?.isActive == false)
        #expect(try await stages.facts(on: Stages.other)?.isActive == false)
        #expect(
            try await stages.names(on: Stages.source).sorted() == [
                "JOINED", "LEFT", "PUBLISH_STARTED", "PUBLISH_STOPPED", "REPLICATION_STARTED",
                "REPLICATION_STOPPED",
            ])
        #expect(
            try await stages.names(on: Stages.other) == [
                "JOINED replica", "PUBLISH_STARTED replica", "PUBLISH_STOPPED replica",
                "LEFT replica",
            ])
    }
}
