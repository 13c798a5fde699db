import Primitives
import Stages
import Testing

/// The two halves of a replication, each in its own machine.
@Suite struct StageReplicationTests {
    private let start = WallTime(unixSeconds: 1_700_000_000)
    private let origin = SessionReference(
        stage: StageID("source"), session: StageSessionID("st-source"))
    private let ada = ParticipantIdentity(
        id: ParticipantID("ada"), userID: "Ada", attributes: ["seat": "1"])

    private func machine(
        _ change: (inout StageLimits) -> Void = { _ in }
    ) -> (StageMachine, SeededGenerator) {
        var limits = StageLimits()
        change(&limits)
        return (StageMachine(limits: limits), SeededGenerator(seed: 1))
    }

    private func events(_ actions: [StageAction]) -> [String] {
        actions.compactMap { action in
            guard case .record(let event) = action else { return nil }
            return event.name.rawValue + (event.isReplica ? " replica" : "")
        }
    }

    @Test func aReplicaIsAPublisherOfTheDestination() throws {
        var (stage, generator) = machine()
        let admission = stage.addReplica(ada, of: origin, at: start, using: &generator)
        #expect(events(admission.actions) == ["JOINED replica"])
        #expect(stage.publisherCount == 1 && stage.participantCount == 1)
        #expect(stage.snapshot.publishers.map(\.isReplica) == [true])

        let state = StageMachine.ReplicaState(isPublishing: true, audioMuted: true)
        let changed = stage.updateReplica(
            ada.id, to: state, userID: "Ada", attributes: ["seat": "2"], at: start)
        #expect(events(changed) == ["PUBLISH_STARTED replica"])
        let view = try #require(stage.snapshot.publishers.first)
        #expect(view.isPublishing && view.audioMuted && view.attributes == ["seat": "2"])
        #expect(
            stage.updateReplica(
                ada.id, to: state, userID: "Ada", attributes: ["seat": "2"], at: start) == [])

        let gone = stage.removeReplica(ada.id, at: start)
        #expect(events(gone) == ["PUBLISH_STOPPED replica", "LEFT replica"])
        #expect(stage.publisherCount == 0 && stage.participantCount == 0)
        #expect(stage.snapshot.publishers.isEmpty)
        let statuses = gone.compactMap { action -> ParticipantStatus? in
            if case .store(let status) = action { status } else { nil }
        }
        #expect(statuses.last?.replication == .replica(of: origin, isActive: false))
        #expect(stage.removeReplica(ada.id, at: start) == [])
    }

    @Test func itCountsAgainstTheStagesPublishers() {
        var (stage, generator) = machine { $0.publishers = 1 }
        let host = ParticipantIdentity(id: ParticipantID("host"))
        let reserved = stage.reserve(
            ResourceID("r1"), for: .publication, by: host, at: start, using: &generator)
        #expect(reserved.refusal == nil)
        let admission = stage.addReplica(ada, of: origin, at: start, using: &generator)
        #expect(admission.refusal == .publishersAtCapacity(limit: 1))
        _ = stage.abandon(ResourceID("r1"), error: nil, at: start, using: &generator)
        #expect(stage.addReplica(ada, of: origin, at: start, using: &generator).refusal == nil)
        let late = stage.reserve(
            ResourceID("r2"), for: .publication, by: host, at: start, using: &generator)
        #expect(late.refusal == .publishersAtCapacity(limit: 1))
    }

    @Test func theSameParticipantIsThereOnce() {
        var (stage, generator) = machine()
        _ = stage.addReplica(ada, of: origin, at: start, using: &generator)
        let socket = stage.connect(SocketID(1), of: ada, at: start, using: &generator)
        #expect(socket.refusal == .presentAsReplica)
        let again = stage.addReplica(ada, of: origin, at: start, using: &generator)
        #expect(again.refusal == .presentAsReplica)
        #expect(stage.moderate(ada.id, audio: true, video: nil) == .absent)
        #expect(stage.unpublish(ada.id, reason: "", at: start) == .absent)
    }

    @Test func revokingDeletingAndShuttingDownTakeIt() {
        for end in 0..<3 {
            var (stage, generator) = machine()
            _ = stage.addReplica(ada, of: origin, at: start, using: &generator)
            let state = StageMachine.ReplicaState(isPublishing: true)
            _ = stage.updateReplica(
                ada.id, to: state, userID: "", attributes: [:], at: start)
            let actions =
                switch end {
                case 0: stage.revoke(ada.id, stored: nil, at: start)
                case 1: stage.delete(at: start)
                default: stage.shutDown(at: start)
                }
            #expect(stage.publisherCount == 0 && stage.participantCount == 0)
            #expect(
                events(actions) == (end == 1 ? [] : ["PUBLISH_STOPPED replica", "LEFT replica"]))
            #expect(
                statuses(actions).allSatisfy {
                    $0.replication == .replica(of: origin, isActive: false) && !$0.isConnected
                })
            #expect(
                stage.addReplica(ada, of: origin, at: start, using: &generator).refusal
                    == [.participantDisconnected, .stageDeleted, nil][end])
        }
    }

    private let destination = SessionReference(
        stage: StageID("other"), session: StageSessionID("st-other"))

    private func statuses(_ actions: [StageAction]) -> [ParticipantStatus] {
        actions.compactMap { if case .store(let status) = $0 { status } else { nil } }
    }

    @Test func theSourceRemembersAndForgets() {
        var (stage, generator) = machine()
        _ = stage.connect(SocketID(1), of: ada, at: start, using: &generator)
        let session = stage.activeSession!
        let third = SessionReference(stage: StageID("third"), session: StageSessionID("st-third"))
        for place in [destination, third] {
            let started = stage.replicationStarted(
                of: ada.id, in: session, to: place, at: start)
            #expect(events(started) == ["REPLICATION_STARTED"])
            #expect(started.last == .broadcast(stage.snapshot), "how it is, for the replica")
        }
        let stopped = stage.replicationStopped(
            of: ada.id, in: session, to: destination, stored: nil, at: start)
        #expect(events(stopped) == ["REPLICATION_STOPPED"])
        #expect(
            statuses(stopped).map(\.replication) == [.source(isActive: true)],
            "it is still seen elsewhere")
        _ = stage.disconnected(SocketID(1), at: start)
        var stored = ParticipantStatus(id: ada.id, session: session)
        let late = stage.replicationStopped(
            of: ada.id, in: session, to: third, stored: stored, at: start)
        stored.replication = .source(isActive: false)
        #expect(late.first == .store(stored))
    }

    @Test func aSourceThatComesBackIsOneStill() {
        var (stage, generator) = machine()
        _ = stage.connect(SocketID(1), of: ada, at: start, using: &generator)
        let session = stage.activeSession!
        _ = stage.replicationStarted(of: ada.id, in: session, to: destination, at: start)
        let left = statuses(stage.disconnected(SocketID(1), at: start))
        #expect(left.map(\.replication) == [.source(isActive: true)])
        #expect(!stage.knows(ada.id) && !stage.isIdle)

        let back = stage.connect(SocketID(2), of: ada, at: start, using: &generator)
        #expect(statuses(back.actions).map(\.replication) == [.source(isActive: true)])
        // Also in a session that began while it was waited for.
        _ = stage.disconnected(SocketID(2), at: start)
        let later = start + .seconds(60)
        _ = stage.advance(to: later)
        #expect(stage.activeSession == nil && !stage.isIdle, "somebody is waited for")
        let again = stage.connect(SocketID(3), of: ada, at: later, using: &generator)
        #expect(statuses(again.actions).map(\.replication) == [.source(isActive: true)])

        let stored = ParticipantStatus(
            id: ada.id, session: session, replication: .source(isActive: true))
        let stopped = stage.replicationStopped(
            of: ada.id, in: session, to: destination, stored: stored, at: later)
        #expect(statuses(stopped).map(\.session) == [session, stage.activeSession])
        #expect(statuses(stopped).allSatisfy { $0.replication == .source(isActive: false) })
    }

    @Test func whoWasASourceStaysOneInItsSession() {
        var (stage, generator) = machine()
        _ = stage.connect(SocketID(1), of: ada, at: start, using: &generator)
        let session = stage.activeSession!
        _ = stage.replicationStarted(of: ada.id, in: session, to: destination, at: start)
        _ = stage.replicationStopped(
            of: ada.id, in: session, to: destination, stored: nil, at: start)
        _ = stage.disconnected(SocketID(1), at: start)
        var back = ada
        back.past = ParticipantPast(
            session: session, firstJoinedAt: start, hasPublished: true,
            replication: .source(isActive: false))
        let actions = stage.connect(SocketID(2), of: back, at: start, using: &generator).actions
        #expect(statuses(actions).map(\.replication) == [.source(isActive: false)])
    }

    @Test func theReplicasEndIsToldWhenTheSourceHasGone() {
        var (stage, generator) = machine()
        _ = stage.connect(SocketID(1), of: ada, at: start, using: &generator)
        let session = stage.activeSession!
        _ = stage.disconnected(SocketID(1), at: start)
        // It left between the decision and this.
        let started = stage.replicationStarted(
            of: ada.id, in: session, to: destination, at: start)
        #expect(events(started) == ["REPLICATION_STARTED"])
        #expect(started.last == .broadcast(StageSnapshot()))
        let stopped = stage.replicationStopped(
            of: ada.id, in: session, to: destination, stored: nil, at: start)
        #expect(events(stopped) == ["REPLICATION_STOPPED"])
        _ = stage.advance(to: start + .seconds(60))
        #expect(stage.isIdle)
    }

    @Test func whatTheSourcesModeratorMutedIsSeen() {
        var (stage, generator) = machine()
        _ = stage.addReplica(ada, of: origin, at: start, using: &generator)
        let state = StageMachine.ReplicaState(
            isPublishing: true, audioMuted: true, mutedByModerator: MutedKinds(audio: true))
        _ = stage.updateReplica(ada.id, to: state, userID: "", attributes: [:], at: start)
        #expect(stage.snapshot.publishers.first?.mutedByModerator == MutedKinds(audio: true))
        _ = stage.updateReplica(
            ada.id, to: StageMachine.ReplicaState(isPublishing: true), userID: "", attributes: [:],
            at: start)
        #expect(stage.snapshot.publishers.first?.audioMuted == false)
    }
}
