import ParticipantTokens
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
        /// The token that it was opened with.
        let claims: ParticipantClaims
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
        /// The newest layer of each publisher that it gets, for sockets that come later.
        var layers: [ParticipantID: LayerNews] = [:]
        var latency: LatencyReport?
        /// Which layers a host is to send, for sockets that come later; `nil`: all.
        var wanted: [WantedLayer]?
        /// The media plane knows that the host hears of them.
        var isTold = false
        /// What a viewer said last of a subscription, and when.
        var telemetry: (said: ViewerTelemetry, at: WallTime)?
        /// What of the latency budget a subscription was last known to take.
        var legs: LatencyLegs?
    }

    /// The layer of a publisher's picture that a viewer gets, `nil` while it is paused, and why.
    struct LayerNews: Hashable {
        let layer: String?
        let reason: LayerReason
    }

    /// What is done after storing.
    enum Step {
        case close(ResourceID)
        case forward(ParticipantID, audio: Bool, video: Bool)
        case wish(PictureWish, of: ParticipantID, for: ResourceID)
        case told(ResourceID, Bool)
        case say([Delivery])
        case dismiss(Outlet, text: String, code: UInt16, reason: String)
        case broadcast(StageSnapshot)
        case sendState
        case refresh(ParticipantID, own: String)
        case welcome(SocketID)
    }

    struct Batch {
        var changes: [StorageChange] = []
        /// The user ids of those whom events are about.
        var users: [ParticipantID: String] = [:]
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
    /// How viewers want pictures, for sessions that they open later.
    var wishes: [ParticipantID: [ParticipantID: PictureWish]] = [:]
    /// Their user ids, and those of who are at the door.
    var users: [ParticipantID: String] = [:]
    /// Who spoke when it was told last, for sockets that come later.
    var speakers: String?
    /// What the backend said when it disconnected somebody, until it is passed on.
    var farewell: String?
    /// The newest state that was stored.
    var message: StageStateMessage
    /// What was last said of the viewers' latency, and when.
    var lastBudget: (viewers: Int, at: WallTime)?
    /// What was measured since the figures of the server were last brought up to date.
    var measured = LatencyObservations()
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
    var isIdle: Bool { machine.isIdle && !isBusy }
}

// The queue.
extension RoomState {
    /// Queues what a transition asks for. Sockets and sessions that are gone leave the tables at
    /// once.
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
                if !machine.knows(status.id) {
                    clients[status.id] = nil
                    users[status.id] = nil
                    wishes[status.id] = nil
                }
            case .record(let event):
                let user = users[event.participant] ?? machine.userID(of: event.participant)
                pending.users[event.participant] = user ?? pending.users[event.participant]
                pending.changes.append(.appendEvent(ParticipantEventRecord(event, on: stage)))
            case .close(let resource):
                attachments[resource] = nil
                pending.steps.append(.close(resource))
            case .forward(let participant, let audio, let video):
                pending.steps.append(.forward(participant, audio: audio, video: video))
            case .tell(let participant, let resource, let intervention):
                tell(participant, resource, intervention)
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

    /// Says why a media session ends, to the participant's sockets that had their first state.
    private mutating func tell(
        _ participant: ParticipantID, _ resource: ResourceID, _ intervention: StageIntervention
    ) {
        let text = ServerMessage.error(SignallingError(intervention), resource: resource)
        let frames = machine.sockets(of: participant).compactMap { id -> Delivery? in
            guard let socket = sockets[id], socket.isReady else { return nil }
            return delivery(of: .text(text), to: id, socket)
        }
        if !frames.isEmpty { pending.steps.append(.say(frames)) }
    }

    private mutating func dismiss(_ id: SocketID, _ dismissal: Dismissal) {
        guard let socket = sockets.removeValue(forKey: id) else { return }
        noteReach(of: socket.participant)
        let message = dismissal == .participantDisconnected ? farewell : nil
        pending.steps.append(
            .dismiss(
                socket.outlet, text: ServerMessage.disconnected(dismissal.reason, message: message),
                code: dismissal.closeCode, reason: dismissal.reason.rawValue))
    }

    mutating func enqueueWelcome(_ socket: SocketID) {
        pending.steps.append(.welcome(socket))
    }

    mutating func enqueueWish(
        _ wish: PictureWish, of publisher: ParticipantID, for resource: ResourceID
    ) {
        pending.steps.append(.wish(wish, of: publisher, for: resource))
    }

    mutating func enqueueTold(_ resource: ResourceID, _ isTold: Bool) {
        pending.steps.append(.told(resource, isTold))
    }

    mutating func enqueueState() { pending.steps.append(.sendState) }

    /// Something is queued or being carried out.
    var isBusy: Bool { isDraining || !pending.isEmpty }

    /// Waits for what is queued now, and for what is under way.
    mutating func wait(_ continuation: CheckedContinuation<StorageError?, Never>) {
        pending.waiters.append(continuation)
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

// What goes to a few sockets at once. Each returns what the loss of those too slow asks for.
extension RoomState {
    /// Puts a frame into each socket's queue. The last place of a queue is for saying that it is
    /// full.
    mutating func send(_ text: String, to ids: [SocketID]) -> [StageAction] {
        var slow: [SocketID] = []
        for id in ids {
            guard let socket = sockets[id] else { continue }
            if !Socket.deliver(text, to: socket.outlet) { slow.append(id) }
        }
        return drop(slow)
    }

    mutating func drop(_ slow: [SocketID]) -> [StageAction] {
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
        noteReach(of: socket.participant)
        return machine.disconnected(id, at: now())
    }

    /// How long the next broadcast has to wait; `nil` when one waits already.
    mutating func delayOfBroadcast(at now: ContinuousClock.Instant) -> Duration? {
        guard !isBroadcastDue else { return nil }
        isBroadcastDue = true
        guard let lastBroadcast else { return .zero }
        return max(.zero, limits.broadcastInterval - (now - lastBroadcast))
    }
}

// States of the stage, for the draining task to deliver.
extension RoomState {
    /// A state, or slots, for one socket. Its text is put together when it is sent.
    struct Delivery {
        enum Content {
            case state(StageStateMessage, own: String)
            case slots(ResourceID, [SlotReport])
            case text(String)
            case layer(ResourceID, ParticipantID, LayerNews)
        }

        let socket: SocketID
        let participant: ParticipantID
        let outlet: Outlet
        let content: Content
    }

    /// The first frames of a socket: the state of the stage, and of its own subscriptions.
    mutating func welcome(_ id: SocketID) -> [Delivery] {
        guard sockets[id] != nil else { return [] }
        sockets[id]!.isReady = true
        let socket = sockets[id]!
        noteReach(of: socket.participant)
        let sessions = machine.resources(of: socket.participant).flatMap(news)
        let speakers = speakers.map { [Delivery.Content.text($0)] } ?? []
        return [delivery(of: .state(message, own: socket.own), to: id, socket)]
            + (speakers + sessions).map { delivery(of: $0, to: id, socket) }
    }

    /// What a subscription gets now: its slots, and the layers in the order of their publishers. What a
    /// publication is to send.
    private func news(of resource: ResourceID) -> [Delivery.Content] {
        guard let attachment = attachments[resource] else { return [] }
        let slots = attachment.slots.map { [Delivery.Content.slots(resource, $0)] } ?? []
        let layers = attachment.layers.sorted { $0.key.rawValue < $1.key.rawValue }
        let wanted = attachment.wanted.map {
            [Delivery.Content.text(ServerMessage.wantedLayers(resource, $0))]
        }
        return slots + (wanted ?? []) + layers.map { .layer(resource, $0.key, $0.value) }
    }

    /// Changes what a participant's sockets show of itself.
    mutating func refresh(_ participant: ParticipantID, own: String) -> [Delivery] {
        let ids = machine.sockets(of: participant)
        for id in ids { sockets[id]?.own = own }
        // A publisher is in everybody's state, and the change comes with the next broadcast.
        guard !message.lists(participant) else { return [] }
        return ids.compactMap { id in
            guard let socket = sockets[id], socket.isReady else { return nil }
            return delivery(of: .state(message, own: own), to: id, socket)
        }
    }

    mutating func stateForAll(at now: ContinuousClock.Instant) -> [Delivery] {
        isBroadcastDue = false
        lastBroadcast = now
        return sockets.compactMap { id, socket in
            socket.isReady ? delivery(of: .state(message, own: socket.own), to: id, socket) : nil
        }
    }

    private func delivery(
        of content: Delivery.Content, to id: SocketID, _ socket: Socket
    ) -> Delivery {
        Delivery(
            socket: id, participant: socket.participant, outlet: socket.outlet, content: content)
    }
}

extension RoomState.Delivery {
    /// `false` when the socket's queue was full.
    func send() -> Bool {
        let text =
            switch content {
            case .state(let message, let own): message.text(for: participant, own: own)
            case .slots(let resource, let slots): ServerMessage.slots(resource, slots)
            case .text(let text): text
            case .layer(let resource, let publisher, let news):
                ServerMessage.layer(
                    resource, of: publisher, layer: news.layer, reason: news.reason)
            }
        return RoomState.Socket.deliver(text, to: outlet)
    }
}

extension RoomState.Socket {
    /// `false` when more frames wait than may: only the place for a close is left.
    static func deliver(_ text: String, to outlet: RoomState.Outlet) -> Bool {
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
