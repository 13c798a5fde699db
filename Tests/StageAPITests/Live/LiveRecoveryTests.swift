import Primitives
import Signalling
import Stages
import Storage
import Synchronization
import Testing

@testable import StageAPI

@Suite(.timeLimit(.minutes(1))) struct LiveRecoveryTests {
    private let stage = StageID("stage")

    /// A show that a crash cut off: two hosts, one of whom publishes, and a viewer who had left.
    private func crash() async throws -> (storage: FakeStorage, session: StageSessionID) {
        let theatre = await Theatre()
        for host in ["host", "silent"] {
            let created = try await theatre.publish(Theatre.host(host))
            guard host == "host" else { continue }
            await theatre.live.take([.publishStarted(created.resource, ParticipantID(host))])
        }
        let viewer = try await theatre.connect(Theatre.viewer())
        await viewer.connection.closed()
        let session = try #require(theatre.storage.sessions.first)
        #expect(session.endedAt == nil)
        #expect(theatre.storage.record("host")?.isConnected == true)
        theatre.storage.contents.withLock { $0.events = [] }
        return (theatre.storage, session.id)
    }

    @Test func whoSeemsToBeThereHasLeft() async throws {
        let (storage, session) = try await crash()
        let theatre = await Theatre(storage, seed: 2)
        theatre.wait(.seconds(3600))
        try await theatre.running {
            #expect(await eventually { storage.sessions.first?.endedAt != nil })
        }
        #expect(storage.sessions.map(\.id) == [session])
        #expect(storage.events == ["PUBLISH_STOPPED host", "LEFT host", "LEFT silent"])
        for name in ["host", "silent"] { #expect(storage.record(name)?.isConnected == false) }
        #expect(storage.record("host")?.hasPublished == true)
        // Nobody ever noted that it was alive, so it was until now.
        #expect(storage.sessions.first?.endedAt == theatre.now)
        #expect(theatre.live.index.withLock { $0.places.isEmpty })
    }

    @Test func theEndIsWhenTheServerWasLastSeen() async throws {
        let former = await Theatre()
        _ = try await former.publish(Theatre.host())
        former.wait(.seconds(100))
        await former.live.noteLife()
        let seen = former.now
        // Within the interval nothing is written.
        former.wait(.seconds(5))
        await former.live.noteLife()
        let theatre = await Theatre(former.storage, seed: 2)
        theatre.wait(.seconds(3600))
        try await theatre.running {
            #expect(await eventually { theatre.storage.sessions.first?.endedAt != nil })
        }
        #expect(theatre.storage.sessions.first?.endedAt == seen + .seconds(10))
        let left = theatre.storage.contents.withLock { $0.events.last }
        #expect(left?.name == "LEFT")
        #expect(left?.time == seen + .seconds(10))
    }

    @Test func lifeIsNotedWhileSomebodyIsThereOnly() async throws {
        let theatre = await Theatre()
        await theatre.live.noteLife()
        #expect(theatre.storage.contents.withLock { $0.batches.isEmpty })
    }

    @Test func nobodyEntersBeforeItIsDone() async throws {
        let (storage, session) = try await crash()
        // Nothing runs: whoever comes first finds the stage tidied up.
        let theatre = await Theatre(storage, seed: 2)
        theatre.wait(.seconds(60))
        _ = try await theatre.publish(Theatre.host())
        #expect(
            storage.events == [
                "PUBLISH_STOPPED host", "LEFT host", "LEFT silent", "JOINED host",
            ])
        let newest = try await storage.participant(ParticipantID("host"), of: stage)
        #expect(newest?.session != session)
        #expect(newest?.isConnected == true)
        #expect(storage.sessions.map { $0.endedAt == nil } == [true, false].reversed())
        // What goes on is no rest of a crash.
        try await theatre.running {
            try? await Task.sleep(for: .milliseconds(20))
            let active = await theatre.live.activeSession(of: stage)
            #expect(active == newest?.session)
            #expect(storage.record("host")?.isConnected == true)
        }
    }

    @Test func revocationsAreKept() async throws {
        let (storage, _) = try await crash()
        let theatre = await Theatre(storage, seed: 2)
        try await theatre.live.disconnect(ParticipantID("host"), of: stage, reason: "")
        try await theatre.running {
            #expect(await eventually { storage.sessions.first?.endedAt != nil })
        }
        let error = await #expect(throws: SignallingError.self) {
            try await theatre.publish(Theatre.host())
        }
        #expect(error?.name == "PARTICIPANT_DISCONNECTED")
    }

    @Test func anOlderSessionWithoutEndIsEndedToo() async throws {
        let theatre = await Theatre()
        let storage = theatre.storage
        let (old, new) = (StageSessionID("st-old"), StageSessionID("st-new"))
        func participant(_ id: String, _ session: StageSessionID) -> StorageChange {
            .putParticipant(
                ParticipantRecord(
                    id: ParticipantID(id), stage: stage, session: session, isConnected: true,
                    isRevoked: session == new))
        }
        try await storage.apply([
            .putSession(SessionRecord(id: old, stage: stage, startedAt: theatre.now)),
            .putSession(SessionRecord(id: new, stage: stage, startedAt: theatre.now)),
            participant("gone", old), participant("back", old), participant("back", new),
        ])
        try await theatre.running {
            #expect(
                await eventually { storage.sessions.allSatisfy { $0.endedAt != nil } })
        }
        #expect(storage.events == ["LEFT back", "LEFT gone"])
        let back = try await storage.participant(ParticipantID("back"), of: stage)
        #expect(back?.session == new)
        #expect(back?.isRevoked == true)
    }

    @Test func replicationsEndWithTheServer() async throws {
        let theatre = await Theatre()
        let session = StageSessionID("st-old")
        func participant(
            _ id: String, _ role: ReplicationFacts.Role, from source: StageID? = nil
        ) -> StorageChange {
            .putParticipant(
                ParticipantRecord(
                    id: ParticipantID(id), stage: stage, session: session, isConnected: true,
                    replication: ReplicationFacts(
                        role: role, isActive: true, sourceStage: source)))
        }
        try await theatre.storage.apply([
            .putSession(SessionRecord(id: session, stage: stage, startedAt: theatre.now)),
            participant("source", .source),
            participant("replica", .replica, from: StageID("elsewhere")),
        ])
        await theatre.live.recover(stage)
        for id in ["source", "replica"] {
            #expect(theatre.storage.record(id)?.replication?.isActive == false)
        }
        let events = theatre.storage.contents.withLock { $0.events }
        #expect(events.map(\.participant.rawValue) == ["source", "replica"])
        #expect(events.map { $0.details?.isReplica } == [nil, true])
    }

    @Test func oldHistoryIsForgotten() async throws {
        let theatre = await Theatre { $0.pruneInterval = .milliseconds(5) }
        let created = try await theatre.publish(Theatre.host())
        try await theatre.live.end(created.resource, bearer: Theatre.host())
        theatre.wait(.seconds(60))
        await theatre.live.advance()
        let session = try #require(theatre.storage.sessions.first?.id)
        func isThere() async throws -> Bool {
            try await theatre.storage.session(session, of: stage) != nil
        }
        try await theatre.running {
            theatre.wait(.seconds(29 * 24 * 60 * 60))
            try await Task.sleep(for: .milliseconds(20))
            #expect(try await isThere())
            theatre.wait(.seconds(2 * 24 * 60 * 60))
            for _ in 0..<400 where try await isThere() {
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(try await !isThere())
        }
    }
}
