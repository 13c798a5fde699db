import Primitives
import Stages
import Testing

/// A stage under a random crowd, checked after every step.
struct StageSimulation {
    var stage: Stage
    var choices: SeededGenerator
    var trace: [StageAction] = []
    private var reserved: [ResourceID] = []
    private var open: [ResourceID: ResourceKind] = [:]
    private var sockets: [SocketID] = []
    private var joined: Set<ParticipantID> = []
    private var publishing: Set<ParticipantID> = []
    private var subscribed: [String: Int] = [:]
    private var replicas: Set<ParticipantID> = []
    private var session: StageSessionID?
    /// What the media plane was told to hold back.
    private var forwarding: [ParticipantID: MutedKinds] = [:]

    init(seed: UInt64) {
        var limits = StageLimits()
        limits.publishers = 4
        limits.subscribers = 6
        limits.participants = 14
        limits.subscriptionsPerParticipant = 3
        limits.socketsPerParticipant = 2
        limits.sessionLinger = .seconds(5)
        limits.opensPerWindow = 20
        stage = Stage(limits)
        choices = SeededGenerator(seed: seed)
    }

    private mutating func anybody() -> ParticipantIdentity {
        ParticipantIdentity(
            id: ParticipantID("p\(Int.random(in: 0..<16, using: &choices))"),
            canPublish: Int.random(in: 0..<8, using: &choices) > 0,
            canSubscribe: Int.random(in: 0..<8, using: &choices) > 0)
    }

    private mutating func anyOpen() -> ResourceID? {
        open.keys.sorted { $0.rawValue < $1.rawValue }.randomElement(using: &choices)
    }

    mutating func step() {
        stage.now = stage.now + .milliseconds(Int.random(in: 0..<400, using: &choices))
        let actions = act()
        trace += actions
        for action in actions { check(action) }
        checkTables()
    }

    private mutating func act() -> [StageAction] {
        let now = stage.now
        switch Int.random(in: 0..<27, using: &choices) {
        case 0...3: return reserve(.publication)
        case 4...5: return reserve(.stageSubscription)
        case 6...7: return reserve(.subscription(to: anybody().id))
        case 8...12:
            guard let id = takeReserved() else { return [] }
            guard let actions = stage.open(id) else { return [] }
            open[id] = stage.machine.kind(of: id)
            return actions
        case 13:
            guard let id = takeReserved() else { return [] }
            return stage.machine.abandon(
                id, error: Bool.random(using: &choices) ? .invalidInput : nil, at: now,
                using: &stage.generator)
        case 14...15:
            let (id, admission) = stage.connect(anybody())
            if admission.refusal == nil { sockets.append(id) }
            return admission.actions
        case 16:
            guard let id = sockets.randomElement(using: &choices) else { return [] }
            return stage.machine.disconnected(id, at: now)
        case 17: return anyOpen().map { stage.machine.end($0, at: now) } ?? []
        case 18: return anyOpen().map { stage.machine.ended($0, at: now) } ?? []
        case 19: return anyOpen().map { stage.machine.publishStarted($0, at: now) } ?? []
        case 20:
            let remote = anybody().id
            return anyOpen().map { stage.machine.subscribeStarted($0, to: remote, at: now) } ?? []
        case 21:
            let remote = anybody().id
            return anyOpen().map { stage.machine.subscribeStopped($0, to: remote, at: now) } ?? []
        case 22:
            return stage.machine.mute(
                anybody().id, audio: Bool.random(using: &choices), video: nil)
        case 23: return moderate()
        case 24...25: return replicate()
        default:
            // Revocations are rare, or nobody would be left.
            guard Int.random(in: 0..<40, using: &choices) == 0 else {
                stage.now = stage.now + .seconds(Int.random(in: 0..<6, using: &choices))
                return stage.machine.advance(to: stage.now)
            }
            return stage.machine.revoke(anybody().id, stored: nil, at: now)
        }
    }

    private mutating func moderate() -> [StageAction] {
        let now = stage.now
        switch Int.random(in: 0..<4, using: &choices) {
        case 0:
            return stage.machine.moderate(
                anybody().id, audio: Bool.random(using: &choices),
                video: Bool.random(using: &choices)
            ).actions
        case 1: return stage.machine.unpublish(anybody().id, reason: "", at: now).actions
        case 2: return exchange(anybody())
        default:
            let layer = PublishedLayer(
                rid: "", isVideo: true, codec: "VP8",
                bitsPerSecond: Bool.random(using: &choices) ? 9_000_000 : 1_000_000, width: 1280,
                height: Int.random(in: 0..<8, using: &choices) == 0 ? 1080 : 720)
            return anyOpen().map { stage.machine.layers($0, [layer], at: now) } ?? []
        }
    }

    /// Somebody of another stage is seen here, changes, and is not any more; or the other way round.
    private mutating func replicate() -> [StageAction] {
        let now = stage.now
        let (identity, other) = (anybody(), StageSessionID("st-other"))
        let reference = SessionReference(
            stage: StageID("stage-\(Int.random(in: 0..<3, using: &choices))"), session: other)
        switch Int.random(in: 0..<7, using: &choices) {
        case 0...1:
            let admission = stage.machine.addReplica(
                identity, of: reference, at: now, using: &stage.generator)
            if admission.refusal == nil { replicas.insert(identity.id) }
            return admission.actions
        case 2...3:
            let state = StageMachine.ReplicaState(
                isPublishing: Bool.random(using: &choices),
                audioMuted: Bool.random(using: &choices))
            return stage.machine.updateReplica(
                identity.id, to: state, userID: "u", attributes: [:], at: now)
        case 4:
            return stage.machine.removeReplica(identity.id, at: now)
        case 5:
            return stage.machine.replicationStarted(
                of: identity.id, in: session ?? other, to: reference, at: now)
        default:
            return stage.machine.replicationStopped(
                of: identity.id, in: session ?? other, to: reference, stored: nil, at: now)
        }
    }

    /// Nothing goes on afterwards that the new token does not allow.
    private mutating func exchange(_ identity: ParticipantIdentity) -> [StageAction] {
        guard let actions = stage.machine.exchange(identity, at: stage.now) else { return [] }
        for id in stage.machine.resources(of: identity.id) {
            let isPublication = stage.machine.kind(of: id)!.isPublication
            #expect(isPublication ? identity.canPublish : identity.canSubscribe)
        }
        return actions
    }

    private mutating func reserve(_ kind: ResourceKind) -> [StageAction] {
        let (id, admission) = stage.reserve(kind, by: anybody())
        if admission.refusal == nil { reserved.append(id) }
        return admission.actions
    }

    private mutating func takeReserved() -> ResourceID? {
        guard !reserved.isEmpty else { return nil }
        return reserved.remove(at: Int.random(in: 0..<reserved.count, using: &choices))
    }

    /// What is recorded must read as a story: nobody leaves who did not join, nothing stops that
    /// did not start, and all of it happens in a session.
    private mutating func check(_ action: StageAction) {
        switch action {
        case .sessionBegan(let id, _):
            #expect(session == nil)
            session = id
        case .sessionEnded(let id, _, _):
            #expect(session == id)
            #expect(joined.isEmpty)
            session = nil
        case .record(let event):
            // A replication may end after the session in which it began.
            #expect(event.session == session || event.destination != nil)
            check(event)
        case .broadcast(let snapshot):
            #expect(snapshot == stage.machine.snapshot)
        case .close(let id):
            #expect(stage.machine.owner(of: id) == nil)
        case .forward(let participant, let audio, let video):
            forwarding[participant] =
                audio && video ? nil : MutedKinds(audio: !audio, video: !video)
        case .tell(let participant, let resource, _):
            #expect(joined.contains(participant))
            #expect(stage.machine.owner(of: resource) == nil)
        case .store, .dismiss, .refresh:
            break
        }
    }

    private mutating func check(_ event: StageEvent) {
        let pair = "\(event.participant) \(event.remote.map(\.rawValue) ?? "")"
        switch event.name {
        case .joined: #expect(joined.insert(event.participant).inserted)
        case .left:
            #expect(joined.remove(event.participant) != nil)
            #expect((replicas.remove(event.participant) != nil) == event.isReplica)
        case .publishStarted:
            #expect(joined.contains(event.participant))
            #expect(publishing.insert(event.participant).inserted)
        case .publishStopped: #expect(publishing.remove(event.participant) != nil)
        case .subscribeStarted:
            #expect(joined.contains(event.participant))
            subscribed[pair, default: 0] += 1
        case .subscribeStopped:
            subscribed[pair, default: 0] -= 1
            #expect(subscribed[pair]! >= 0)
        case .joinError, .publishError, .subscribeError: #expect(event.error != nil)
        case .tokenExchanged:
            #expect(joined.contains(event.participant))
            #expect(event.exchange != nil)
        case .replicationStarted, .replicationStopped: #expect(event.destination != nil)
        }
    }

    private mutating func checkTables() {
        let machine = stage.machine
        #expect(machine.publisherCount <= machine.limits.publishers)
        #expect(machine.subscriberCount <= machine.limits.subscribers)
        #expect(machine.snapshot.publishers.count <= machine.limits.publishers)
        #expect(machine.participantCount == joined.count)
        #expect(machine.activeSession == session)
        #expect(joined.isEmpty || session != nil)
        open = open.filter { machine.owner(of: $0.key) != nil }
        for id in open.keys { #expect(joined.contains(machine.owner(of: id)!)) }
        for view in machine.snapshot.publishers {
            #expect(view.isPublishing == publishing.contains(view.id))
            #expect(joined.contains(view.id))
            #expect(view.isReplica == replicas.contains(view.id))
            let muted = view.isReplica ? MutedKinds() : forwarding[view.id] ?? MutedKinds()
            #expect(view.mutedByModerator == muted)
        }
        #expect(session != nil || forwarding.isEmpty)
    }
}

@Suite struct StageSimulationTests {
    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func invariantsHold(seed: UInt64) {
        var simulation = StageSimulation(seed: seed)
        for _ in 0..<3000 { simulation.step() }
        #expect(!simulation.trace.isEmpty)
    }

    @Test func sameSeedGivesSameTrace() {
        var (one, two) = (StageSimulation(seed: 99), StageSimulation(seed: 99))
        for _ in 0..<2000 {
            one.step()
            two.step()
        }
        #expect(one.trace == two.trace)
    }
}
