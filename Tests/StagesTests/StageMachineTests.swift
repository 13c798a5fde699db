import Primitives
import Stages
import Testing

/// A machine with a clock and a generator, so that a test is the calls and what they asked for.
struct Stage {
    var machine: StageMachine
    var now = WallTime(unixSeconds: 1000)
    var generator = SeededGenerator(seed: 7)
    private var resources = 0
    private var sockets: UInt64 = 0

    init(_ limits: StageLimits = StageLimits()) {
        machine = StageMachine(limits: limits)
    }

    /// The id that the next session will have, while none was made yet.
    static let firstSession: StageSessionID = {
        var generator = SeededGenerator(seed: 7)
        return StageSessionID.random(using: &generator)
    }()

    mutating func nextResource() -> ResourceID {
        resources += 1
        return ResourceID("r\(resources)")
    }

    mutating func reserve(
        _ kind: ResourceKind, by identity: ParticipantIdentity
    ) -> (ResourceID, Admission) {
        let id = nextResource()
        let admission = machine.reserve(id, for: kind, by: identity, at: now, using: &generator)
        return (id, admission)
    }

    mutating func open(_ id: ResourceID) -> [StageAction]? {
        machine.opened(id, at: now, using: &generator)
    }

    /// Reserves and opens.
    mutating func establish(
        _ kind: ResourceKind, by identity: ParticipantIdentity
    ) -> (id: ResourceID, actions: [StageAction]) {
        let (id, admission) = reserve(kind, by: identity)
        return (id, admission.actions + (open(id) ?? []))
    }

    mutating func connect(_ identity: ParticipantIdentity) -> (id: SocketID, Admission) {
        sockets += 1
        let id = SocketID(sockets)
        return (id, machine.connect(id, of: identity, at: now, using: &generator))
    }
}

func host(_ name: String = "host") -> ParticipantIdentity {
    ParticipantIdentity(id: ParticipantID(name), userID: "u-\(name)")
}

func viewer(_ name: String = "viewer") -> ParticipantIdentity {
    ParticipantIdentity(id: ParticipantID(name), canPublish: false)
}

extension [StageAction] {
    /// Names of the recorded events, with error codes, in order.
    var events: [String] {
        compactMap { action in
            guard case .record(let event) = action else { return nil }
            return ([event.name.rawValue] + (event.error.map { [$0.rawValue] } ?? []))
                .joined(separator: " ")
        }
    }

    var closed: [ResourceID] {
        compactMap { if case .close(let id) = $0 { id } else { nil } }
    }

    var dismissed: [Dismissal] {
        compactMap { if case .dismiss(_, let reason) = $0 { reason } else { nil } }
    }

    var snapshot: StageSnapshot? {
        compactMap { if case .broadcast(let snapshot) = $0 { snapshot } else { nil } }.last
    }

    var stored: ParticipantStatus? {
        compactMap { if case .store(let status) = $0 { status } else { nil } }.last
    }
}

@Suite struct StageMachineTests {
    @Test func firstParticipantBeginsSessionAndJoins() {
        var stage = Stage()
        let now = stage.now
        let session = Stage.firstSession
        let (_, actions) = stage.establish(.publication, by: host())
        let status = ParticipantStatus(
            id: host().id, session: session, userID: "u-host", isConnected: true,
            firstJoinedAt: now)
        #expect(
            actions == [
                .sessionBegan(session, at: now), .store(status),
                .record(StageEvent(.joined, host().id, in: session, at: now)),
                .broadcast(
                    StageSnapshot(publishers: [ParticipantView(id: host().id, userID: "u-host")])),
            ])
        #expect(stage.machine.activeSession == session)
    }

    @Test func reservationIsNotPresence() {
        var stage = Stage()
        let (id, admission) = stage.reserve(.publication, by: host())
        #expect(admission == .admitted([]))
        #expect(stage.machine.activeSession == nil)
        #expect(stage.machine.participantCount == 0)
        #expect(stage.machine.publisherCount == 1)
        let now = stage.now
        #expect(
            stage.machine.abandon(id, error: nil, at: now, using: &stage.generator) == [])
        #expect(stage.machine.isIdle)
        #expect(stage.machine.publisherCount == 0)
    }

    @Test func publishStartsOnceAndStops() {
        var stage = Stage()
        let (id, _) = stage.establish(.publication, by: host())
        let started = stage.machine.publishStarted(id, at: stage.now)
        #expect(started.events == ["PUBLISH_STARTED"])
        #expect(started.stored?.hasPublished == true)
        #expect(started.snapshot?.publishers.map(\.isPublishing) == [true])
        #expect(stage.machine.publishStarted(id, at: stage.now) == [])
        let ended = stage.machine.ended(id, at: stage.now)
        #expect(ended.events == ["PUBLISH_STOPPED", "LEFT"])
        #expect(ended.closed == [])
        #expect(ended.snapshot == StageSnapshot())
        #expect(ended.stored?.isConnected == false)
        #expect(stage.machine.ended(id, at: stage.now) == [])
    }

    @Test func reloadDisplacesWithoutLeaving() {
        var stage = Stage()
        let (old, _) = stage.establish(.publication, by: host())
        _ = stage.machine.publishStarted(old, at: stage.now)
        _ = stage.machine.mute(host().id, audio: true, video: nil)
        let (new, actions) = stage.establish(.publication, by: host())
        #expect(actions.events == ["PUBLISH_STOPPED"])
        #expect(actions.closed == [old])
        #expect(
            actions.snapshot?.publishers == [ParticipantView(id: host().id, userID: "u-host")])
        // What the old one still reports is nobody's.
        #expect(stage.machine.publishStarted(old, at: stage.now) == [])
        #expect(stage.machine.ended(old, at: stage.now) == [])
        #expect(stage.machine.publishStarted(new, at: stage.now).events == ["PUBLISH_STARTED"])
        #expect(stage.machine.publisherCount == 1)
        #expect(stage.machine.participantCount == 1)
    }

    @Test func thirteenParallelOffersLeaveTwelve() {
        var stage = Stage()
        let reservations = (0..<13).map { stage.reserve(.publication, by: host("h\($0)")) }
        #expect(reservations.map(\.1.refusal).filter { $0 == nil }.count == 12)
        #expect(reservations[12].1.refusal == .publishersAtCapacity(limit: 12))
        #expect(reservations[12].1.actions.events == ["PUBLISH_ERROR QUOTA_EXCEEDED"])
        let opened = reservations.prefix(12).compactMap { stage.open($0.0) }
        #expect(opened.count == 12)
        #expect(stage.machine.snapshot.publishers.count == 12)
        // One of the twelve that reloads is not a thirteenth.
        #expect(stage.reserve(.publication, by: host("h3")).1.refusal == nil)
        let now = stage.now
        _ = stage.machine.end(reservations[0].0, at: now)
        #expect(stage.reserve(.publication, by: host("h12")).1.refusal == nil)
    }

    @Test func capabilitiesAreNeeded() {
        var stage = Stage()
        let publish = stage.reserve(.publication, by: viewer()).1
        #expect(publish.refusal == .insufficientCapabilities)
        #expect(publish.actions.events == ["PUBLISH_ERROR INSUFFICIENT_CAPABILITIES"])
        #expect(publish.actions.stored?.isConnected == false)
        #expect(publish.actions.stored?.firstJoinedAt == nil)
        let mute = ParticipantIdentity(id: ParticipantID("p"), canSubscribe: false)
        let subscribe = stage.reserve(.stageSubscription, by: mute).1
        #expect(subscribe.actions.events == ["SUBSCRIBE_ERROR INSUFFICIENT_CAPABILITIES"])
        #expect(stage.machine.participantCount == 0)
    }

    @Test func subscribingToNobodyIsRefused() {
        var stage = Stage()
        _ = stage.connect(host())
        let refused = stage.reserve(.subscription(to: host().id), by: viewer()).1
        #expect(refused.refusal == .publisherNotFound(host().id))
        #expect(refused.actions.events == ["SUBSCRIBE_ERROR PUBLISHER_NOT_FOUND"])
        _ = stage.establish(.publication, by: host())
        #expect(stage.reserve(.subscription(to: host().id), by: viewer()).1.refusal == nil)
    }

    @Test func subscriptionsAreBounded() {
        var limits = StageLimits()
        limits.subscribers = 2
        limits.subscriptionsPerParticipant = 2
        var stage = Stage(limits)
        for _ in 0..<2 { _ = stage.establish(.stageSubscription, by: viewer("a")) }
        #expect(
            stage.reserve(.stageSubscription, by: viewer("a")).1.refusal
                == .tooManySubscriptions(limit: 2))
        _ = stage.reserve(.stageSubscription, by: viewer("b"))
        let refused = stage.reserve(.stageSubscription, by: viewer("c")).1
        #expect(refused.refusal == .subscribersAtCapacity(limit: 2))
        #expect(refused.actions.events == ["SUBSCRIBE_ERROR QUOTA_EXCEEDED"])
    }

    @Test func subscribeEventsArePerPublisher() {
        var stage = Stage()
        _ = stage.establish(.publication, by: host())
        let (id, _) = stage.establish(.stageSubscription, by: viewer())
        let started = stage.machine.subscribeStarted(id, to: host().id, at: stage.now)
        #expect(
            started == [
                .record(
                    StageEvent(
                        .subscribeStarted, viewer().id, in: Stage.firstSession, at: stage.now,
                        remote: host().id))
            ])
        #expect(stage.machine.subscribeStarted(id, to: host().id, at: stage.now) == [])
        let other = ParticipantID("other")
        _ = stage.machine.subscribeStarted(id, to: other, at: stage.now)
        #expect(
            stage.machine.subscribeStopped(id, to: other, at: stage.now).events
                == ["SUBSCRIBE_STOPPED"])
        #expect(
            stage.machine.end(id, at: stage.now).events == ["SUBSCRIBE_STOPPED", "LEFT"])
    }

    @Test func participantLeavesWithItsLastThing() {
        var stage = Stage()
        let (id, joined) = stage.establish(.publication, by: host())
        #expect(joined.events == ["JOINED"])
        let (socket, second) = stage.connect(host())
        #expect(second.actions.events == [])
        #expect(stage.machine.end(id, at: stage.now).events == [])
        #expect(stage.machine.disconnected(socket, at: stage.now).events == ["LEFT"])
        #expect(stage.machine.disconnected(socket, at: stage.now) == [])
    }

    @Test func fifthSocketDisplacesTheFirst() {
        var stage = Stage()
        let first = stage.connect(viewer()).id
        for _ in 0..<3 { _ = stage.connect(viewer()) }
        #expect(stage.connect(viewer()).1 == .admitted([.dismiss(first, .displaced)]))
        #expect(stage.machine.socketCount == 4)
        #expect(stage.machine.disconnected(first, at: stage.now) == [])
    }

    @Test func sessionLingersAndEnds() {
        var stage = Stage()
        let start = stage.now
        let (id, _) = stage.establish(.publication, by: host())
        _ = stage.machine.end(id, at: start)
        #expect(stage.machine.advance(to: start + .seconds(59)) == [])
        // Coming back within the time goes on with the session, and keeps the first joining.
        stage.now = start + .seconds(59)
        var returning = host()
        returning.past = ParticipantPast(
            session: Stage.firstSession, firstJoinedAt: start, hasPublished: true)
        let (socket, admission) = stage.connect(returning)
        #expect(admission.actions.stored?.firstJoinedAt == start)
        #expect(admission.actions.stored?.hasPublished == true)
        #expect(stage.machine.advance(to: start + .seconds(500)) == [])
        _ = stage.machine.disconnected(socket, at: stage.now)
        let end = stage.now + .seconds(60)
        #expect(
            stage.machine.advance(to: end)
                == [.sessionEnded(Stage.firstSession, startedAt: start, at: end)])
        #expect(stage.machine.isIdle)
        stage.now = end
        let next = stage.connect(returning).1.actions
        #expect(next.events == ["JOINED"])
        #expect(next.stored?.firstJoinedAt == end)
        #expect(next.stored?.hasPublished == false)
    }

    @Test func revocationEndsAllAndLasts() {
        var stage = Stage()
        let (id, _) = stage.establish(.publication, by: host())
        _ = stage.machine.publishStarted(id, at: stage.now)
        let (pending, _) = stage.reserve(.stageSubscription, by: host())
        _ = stage.connect(host())
        let actions = stage.machine.revoke(host().id, stored: nil, at: stage.now)
        #expect(actions.events == ["PUBLISH_STOPPED", "LEFT"])
        #expect(actions.closed == [id])
        #expect(actions.dismissed == [.participantDisconnected])
        #expect(actions.snapshot == StageSnapshot())
        #expect(actions.stored?.isRevoked == true)
        #expect(actions.stored?.isConnected == false)
        #expect(actions.stored?.hasPublished == true)
        #expect(stage.open(pending) == nil)
        #expect(stage.connect(host()).1 == .refused(.participantDisconnected, []))
        #expect(
            stage.reserve(.publication, by: host()).1 == .refused(.participantDisconnected, []))
    }

    @Test func revocationOfOneWhoNeverJoined() {
        var stage = Stage()
        let ghost = ParticipantID("ghost")
        #expect(
            stage.machine.revoke(ghost, stored: nil, at: stage.now)
                == [.store(ParticipantStatus(id: ghost, session: nil, isRevoked: true))])
        #expect(stage.machine.isIdle)
        #expect(stage.machine.isRevoked(ghost))
    }

    @Test func revocationKeepsWhatIsStored() {
        var stage = Stage()
        let id = ParticipantID("gone")
        let stored = ParticipantStatus(
            id: id, session: StageSessionID("st-1"), userID: "u", isConnected: true,
            hasPublished: true, firstJoinedAt: stage.now)
        let status = stage.machine.revoke(id, stored: stored, at: stage.now).stored
        #expect(status?.session == stored.session)
        #expect(status?.hasPublished == true)
        #expect(status?.isRevoked == true)
        #expect(status?.isConnected == false)
    }

    @Test func oldestRevocationsAreForgotten() {
        var limits = StageLimits()
        limits.rememberedRevocations = 2
        var stage = Stage(limits)
        for name in ["a", "b", "c"] {
            _ = stage.machine.revoke(ParticipantID(name), stored: nil, at: stage.now)
        }
        #expect(!stage.machine.isRevoked(ParticipantID("a")))
        #expect(stage.machine.isRevoked(ParticipantID("c")))
    }

    @Test func deletionStoresNothing() {
        var stage = Stage()
        let (id, _) = stage.establish(.publication, by: host())
        let (socket, _) = stage.connect(viewer())
        #expect(
            stage.machine.delete(at: stage.now)
                == [.close(id), .dismiss(socket, .stageDeleted)])
        #expect(stage.machine.isIdle)
        #expect(stage.connect(viewer()).1 == .refused(.stageDeleted, []))
    }

    @Test func shutdownEndsTheSession() {
        var stage = Stage()
        let now = stage.now
        _ = stage.establish(.publication, by: host())
        _ = stage.connect(viewer())
        let actions = stage.machine.shutDown(at: now)
        #expect(actions.events == ["LEFT", "LEFT"])
        #expect(actions.dismissed == [.serverShutdown])
        #expect(actions.last == .sessionEnded(Stage.firstSession, startedAt: now, at: now))
        #expect(actions.snapshot == nil)
    }

    @Test func muteIsBroadcastForPublishersOnly() {
        var stage = Stage()
        _ = stage.connect(viewer())
        #expect(
            stage.machine.mute(viewer().id, audio: true, video: nil) == [.refresh(viewer().id)])
        #expect(stage.machine.mute(viewer().id, audio: true, video: nil) == [])
        _ = stage.establish(.publication, by: host())
        let actions = stage.machine.mute(host().id, audio: nil, video: true)
        #expect(actions.snapshot?.publishers.map(\.videoStopped) == [true])
        #expect(stage.machine.mute(ParticipantID("nobody"), audio: true, video: true) == [])
    }

    @Test func onlyNotableLayerChangesAreBroadcast() {
        func layer(_ rate: Int64, width: Int = 1280) -> [PublishedLayer] {
            [
                PublishedLayer(
                    rid: "h", isVideo: true, codec: "H264", bitsPerSecond: rate, width: width,
                    height: 720, framesPerSecond: 30)
            ]
        }
        var stage = Stage()
        let (id, _) = stage.establish(.publication, by: host())
        #expect(stage.machine.layers(id, layer(1_000_000), at: stage.now).snapshot != nil)
        #expect(stage.machine.layers(id, layer(1_400_000), at: stage.now) == [])
        #expect(stage.machine.layers(id, layer(2_000_000), at: stage.now).snapshot != nil)
        #expect(
            stage.machine.layers(id, layer(2_000_000, width: 640), at: stage.now).snapshot != nil)
        #expect(stage.machine.layers(id, [], at: stage.now).snapshot != nil)
    }

    @Test func opensAreRateLimited() {
        var limits = StageLimits()
        limits.opensPerWindow = 3
        var stage = Stage(limits)
        for _ in 0..<3 { #expect(stage.connect(viewer()).1.refusal == nil) }
        #expect(stage.connect(viewer()).1 == .refused(.tooManyRequests, []))
        #expect(stage.connect(viewer("other")).1.refusal == nil)
        stage.now = stage.now + .seconds(10)
        #expect(stage.connect(viewer()).1.refusal == nil)
    }

    @Test func participantsAreBounded() {
        var limits = StageLimits()
        limits.participants = 1
        var stage = Stage(limits)
        _ = stage.connect(viewer("a"))
        let refused = stage.connect(viewer("b")).1
        #expect(refused.refusal == .participantsAtCapacity(limit: 1))
        #expect(refused.actions.events == ["JOIN_ERROR QUOTA_EXCEEDED"])
        #expect(stage.connect(viewer("a")).1.refusal == nil)
    }

    @Test func failedNegotiationIsRecorded() {
        var stage = Stage()
        let (id, _) = stage.reserve(.publication, by: host())
        let now = stage.now
        let actions = stage.machine.abandon(
            id, error: .invalidVideoCodec, at: now, using: &stage.generator)
        #expect(actions.events == ["PUBLISH_ERROR INVALID_VIDEO_CODEC"])
        #expect(stage.machine.publisherCount == 0)
        #expect(stage.machine.participantCount == 0)
    }

    @Test func endingAReservationMakesItsAnswerVoid() {
        var stage = Stage()
        let (id, _) = stage.reserve(.publication, by: host())
        _ = stage.machine.ended(id, at: stage.now)
        #expect(stage.open(id) == nil)
        #expect(stage.machine.isIdle)
    }
}
