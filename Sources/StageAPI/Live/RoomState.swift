import Primitives
import Signalling
import Stages
import Storage

/// Everything of a room that its lock guards.
struct RoomState {
    typealias Outlet = AsyncStream<EventsConnection.Frame>.Continuation

    /// An events socket.
    struct Socket {
        let participant: ParticipantID
        let outlet: Outlet
        /// What the receiver's own entry in a `STAGE_STATE` says, where it is not a publisher.
        var own: String
        /// It has had its first `STAGE_STATE`, and gets the next ones.
        var isReady = false
        var budget = MessageBudget()
    }

    /// What is known of a media session besides the rules.
    struct Attachment {
        /// The token that opened it. It stays good for PATCH and DELETE when it has expired: an
        /// expired token does not eject who is connected.
        let token: Redacted<String>
        var entityTag: String?
        /// The newest slots of a whole-stage subscription, for sockets that come later.
        var slots: [SlotReport]?
        var roundTrip: Duration?
    }

    /// What is done after storing.
    enum Step {
        case close(ResourceID)
        case dismiss(Outlet, text: String, code: UInt16, reason: String)
        case broadcast(StageSnapshot)
        case refresh(ParticipantID, own: String)
        case welcome(SocketID)
    }

    struct Batch {
        var changes: [StorageChange] = []
        var steps: [Step] = []
        var waiters: [CheckedContinuation<StorageError?, Never>] = []
        var isEmpty: Bool { changes.isEmpty && steps.isEmpty && waiters.isEmpty }
    }

    let stage: StageID
    let limits: LiveLimits
    let now: @Sendable () -> WallTime
    var machine: StageMachine
    var sockets: [SocketID: Socket] = [:]
    var attachments: [ResourceID: Attachment] = [:]
    /// What is known about the clients of those who are here.
    var clients: [ParticipantID: ClientFacts] = [:]
    /// What the backend said when it disconnected somebody, until it is passed on.
    var farewell: String?
    /// The newest state that was stored.
    var message: StageStateMessage
    private var pending = Batch()
    private var isDraining = false
    private var lastBroadcast: ContinuousClock.Instant?
    private var isBroadcastDue = false

    init(stage: StageID, limits: LiveLimits, now: @escaping @Sendable () -> WallTime) {
        self.stage = stage
        self.now = now
        self.limits = limits
        machine = StageMachine(limits: limits.stage)
        message = StageStateMessage(stage: stage, publishers: [])
    }

    /// Nothing to keep, and nothing under way.
    var isIdle: Bool { machine.isIdle && !isDraining && pending.isEmpty }
}

// The queue.
extension RoomState {
    /// Queues what a transition asks for. Sockets and sessions that are gone leave the tables at once.
    mutating func enqueue(_ actions: [StageAction]) {
        for action in actions {
            switch action {
            case .sessionBegan(let id, let time):
                pending.changes.append(
                    .putSession(SessionRecord(id: id, stage: stage, startedAt: time)))
            case .sessionEnded(let id, let start, let time):
                pending.changes.append(
                    .putSession(
                        SessionRecord(id: id, stage: stage, startedAt: start, endedAt: time)))
            case .store(let status):
                let client = clients[status.id] ?? ClientFacts()
                pending.changes.append(
                    .putParticipant(ParticipantRecord(status, on: stage, client: client)))
                if !machine.knows(status.id) { clients[status.id] = nil }
            case .record(let event):
                pending.changes.append(.appendEvent(ParticipantEventRecord(event, on: stage)))
            case .close(let resource):
                attachments[resource] = nil
                pending.steps.append(.close(resource))
            case .dismiss(let socket, let dismissal):
                dismiss(socket, dismissal)
            case .broadcast(let snapshot):
                pending.steps.append(.broadcast(snapshot))
            case .refresh(let participant):
                guard let view = machine.view(of: participant) else { continue }
                pending.steps.append(
                    .refresh(participant, own: StageStateParticipant(view).encoded))
            }
        }
    }

    private mutating func dismiss(_ id: SocketID, _ dismissal: Dismissal) {
        guard let socket = sockets.removeValue(forKey: id) else { return }
        let message = dismissal == .participantDisconnected ? farewell : nil
        pending.steps.append(
            .dismiss(
                socket.outlet, text: ServerMessage.disconnected(dismissal.reason, message: message),
                code: dismissal.closeCode, reason: dismissal.reason.rawValue))
    }

    mutating func enqueueWelcome(_ socket: SocketID) {
        pending.steps.append(.welcome(socket))
    }

    /// Waits for what is queued now; returns whether a draining task has to be started.
    mutating func wait(_ continuation: CheckedContinuation<StorageError?, Never>) -> Bool {
        pending.waiters.append(continuation)
        return shouldStartDraining()
    }

    mutating func shouldStartDraining() -> Bool {
        guard !isDraining, !pending.isEmpty else { return false }
        isDraining = true
        return true
    }

    mutating func takeBatch() -> Batch? {
        guard !pending.isEmpty else {
            isDraining = false
            return nil
        }
        defer { pending = Batch() }
        return pending
    }
}

// What goes to the sockets. Each returns what the loss of sockets that were too slow asks for.
extension RoomState {
    /// Puts a frame into each socket's queue. The last place of a queue is for saying that it is full.
    mutating func send(_ text: String, to ids: [SocketID]) -> [StageAction] {
        var slow: [SocketID] = []
        for id in ids {
            guard let socket = sockets[id] else { continue }
            if !socket.deliver(text) { slow.append(id) }
        }
        return drop(slow)
    }

    private mutating func drop(_ slow: [SocketID]) -> [StageAction] {
        slow.flatMap { id in
            closeSocket(
                id, code: SocketCloseCode.tryAgainLater, reason: "The socket is read too slowly.")
        }
    }

    /// Closes a socket from this side, for a fault of its client.
    mutating func closeSocket(_ id: SocketID, code: UInt16, reason: String) -> [StageAction] {
        guard let socket = sockets.removeValue(forKey: id) else { return [] }
        socket.outlet.yield(.close(code: code, reason: reason))
        socket.outlet.finish()
        return machine.disconnected(id, at: now())
    }

    /// The first frames of a socket: the state of the stage, and of its own subscriptions.
    mutating func welcome(_ id: SocketID) -> [StageAction] {
        guard let socket = sockets[id], !socket.isReady else { return [] }
        sockets[id]!.isReady = true
        var actions = send(message.text(for: socket.participant, own: socket.own), to: [id])
        for resource in machine.resources(of: socket.participant) {
            guard let slots = attachments[resource]?.slots else { continue }
            actions += send(ServerMessage.slots(resource, slots), to: [id])
        }
        return actions
    }

    /// Changes what a participant's sockets show of itself.
    mutating func refresh(_ participant: ParticipantID, own: String) -> [StageAction] {
        let ids = machine.sockets(of: participant)
        for id in ids { sockets[id]?.own = own }
        // A publisher is in everybody's state, and the change comes with the next broadcast.
        guard !message.lists(participant) else { return [] }
        let ready = ids.filter { sockets[$0]?.isReady == true }
        return send(message.text(for: participant, own: own), to: ready)
    }

    /// How long the next broadcast has to wait; `nil` when one waits already.
    mutating func delayOfBroadcast(at now: ContinuousClock.Instant) -> Duration? {
        guard !isBroadcastDue else { return nil }
        isBroadcastDue = true
        guard let lastBroadcast else { return .zero }
        return max(.zero, limits.broadcastInterval - (now - lastBroadcast))
    }

    mutating func sendState(at now: ContinuousClock.Instant) -> [StageAction] {
        isBroadcastDue = false
        lastBroadcast = now
        var slow: [SocketID] = []
        for (id, socket) in sockets where socket.isReady {
            let text = message.text(for: socket.participant, own: socket.own)
            if !socket.deliver(text) { slow.append(id) }
        }
        return drop(slow)
    }
}

extension RoomState.Socket {
    /// `false` when more frames wait than may: only the place for a close is left.
    func deliver(_ text: String) -> Bool {
        guard case .enqueued(let remaining) = outlet.yield(.text(text)) else { return false }
        return remaining > 1
    }

    /// A queue for one socket: what may wait, one too many, and a close.
    static func makeQueue(
        limit: Int
    ) -> (stream: AsyncStream<EventsConnection.Frame>, outlet: RoomState.Outlet) {
        let (stream, outlet) = AsyncStream.makeStream(
            of: EventsConnection.Frame.self, bufferingPolicy: .bufferingOldest(limit + 2))
        return (stream, outlet)
    }
}
