package import Logging
package import ParticipantTokens
package import Primitives
package import Signalling
import Stages
package import Storage
import Synchronization

/// The live side of all stages: admits hosts and viewers, keeps the events sockets, and turns what
/// the media plane reports into what is stored and seen.
///
/// ``run()`` must be running for reports to be taken and sessions to end.
package final class LiveStages: LiveService {
    struct Place {
        let room: StageRoom
        /// Requests that are between their first look at Storage and their transition. They keep
        /// the room, so that what it remembers (a revocation, say) is there when they arrive.
        var visitors = 0
    }

    struct Index {
        var places: [StageID: Place] = [:]
        /// Where each media session is, reservations included.
        var sessions: [ResourceID: HeldSession] = [:]
        var publicationCount = 0
        var subscriptionCount = 0
        var deleted: Set<StageID> = []
        /// The deleted, oldest first.
        var deletionOrder: [StageID] = []
        var nextSocket: UInt64 = 0
        var isShuttingDown = false
        /// When the process before this one was last seen alive.
        var formerlySeen: Task<WallTime?, Never>?
        var lastHeartbeat: WallTime?
    }

    let storage: any Storage
    let media: any MediaControl
    let tokens: any TokenVerifier
    let limits: LiveLimits
    let now: @Sendable () -> WallTime
    let random: @Sendable () -> UInt64
    let logger: Logger
    /// Who tells backends what happened; `nil` for nobody.
    let notifications: NotificationOutbox?
    /// Locked for short looks only. A room's lock is never held when this one is taken.
    let index = Mutex(Index())
    /// The replications that go on. No room's lock is held when this one is taken.
    let replications = Mutex(ReplicationTable())
    let replicationTurn = ExclusiveTurn()
    /// What the legs of the latency budget took for viewers, since the server started. Taken last.
    let latency = Mutex(LatencyFigures())
    /// The stages that somebody came to lately: thousands come to the same one.
    let stages = StageCache()

    /// - Parameter random: where ids come from. They are secrets: not to be foreseen.
    package init(
        storage: any Storage, media: any MediaControl, tokens: any TokenVerifier,
        limits: LiveLimits = LiveLimits(), now: @escaping @Sendable () -> WallTime,
        random: @escaping @Sendable () -> UInt64 = LiveStages.systemRandom,
        notifications: NotificationOutbox? = nil, logger: Logger = Logger(label: "live")
    ) {
        self.notifications = notifications
        self.storage = storage
        self.media = media
        self.tokens = tokens
        self.limits = limits
        self.now = now
        self.random = random
        self.logger = logger
    }

    package static let systemRandom: @Sendable () -> UInt64 = {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }

    /// Takes the media plane's reports, and ends sessions whose time has come. Returns when the
    /// task is cancelled or the media plane has ended.
    package func run() async {
        await withTaskGroup { group in
            group.addTask {
                await self.endUnfinishedReplications()
                await self.endUnfinishedSessions()
                await self.forgetOldHistory()
            }
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: self.limits.tick)
                    await self.advance()
                    await self.noteLife()
                }
            }
            for await batch in media.reports { await take(batch) }
            group.cancelAll()
        }
    }

    /// Ends the replications whose publisher was away for too long, and the sessions whose last
    /// participant left long enough ago.
    package func advance() async {
        await endOverdueReplications()
        let time = now()
        for place in index.withLock({ Array($0.places.values) }) {
            let (measured, _) = await place.room.perform { state in
                let actions = state.machine.advance(to: time) + state.sayBudget(at: time)
                return (state.takeMeasured(), actions)
            }
            latency.withLock { $0.take(measured) }
            settle(place.room)
        }
    }

    /// Sends everybody away and lets nobody in any more. Returns when it is stored and the media
    /// plane has been told.
    package func shutdown() async {
        let rooms = index.withLock { index in
            index.isShuttingDown = true
            return index.places.values.map(\.room)
        }
        let time = now()
        await endReplications(at: time) { _ in true }
        await withTaskGroup { group in
            for room in rooms {
                group.addTask {
                    _ = await room.perform { ((), $0.machine.shutDown(at: time)) }
                }
            }
        }
    }

    /// The figures of this moment.
    package func snapshot() -> LiveCounts {
        var counts = LiveCounts()
        counts.latency = latency.withLock(\.self)
        for place in index.withLock({ Array($0.places.values) }) {
            place.room.read { state in
                counts.stages += state.machine.activeSession == nil ? 0 : 1
                counts.participants += state.machine.participantCount
                counts.publishers += state.machine.publisherCount
                counts.subscribers += state.machine.subscriberCount
                counts.sockets += state.machine.socketCount
                counts.viewersOverBudget += state.budget(at: now()).overBudget
            }
        }
        return counts
    }
}

/// How many there are now.
package struct LiveCounts: Hashable, Sendable {
    /// Stages with a session.
    package var stages = 0
    /// Participants that are connected.
    package var participants = 0
    /// Participants with a publication.
    package var publishers = 0
    /// Participants with a subscription.
    package var subscribers = 0
    /// Events sockets.
    package var sockets = 0
    /// Viewers whose way from camera to screen takes more than the budget.
    package var viewersOverBudget = 0
    /// Since the server started.
    package var latency = LatencyFigures()

    package init() {}
}

// Rooms: who is in the table, and who may be dropped from it.
extension LiveStages {
    /// The room of a stage, held until ``leave(_:)``.
    func visit(_ stage: StageID) throws(SignallingError) -> StageRoom {
        let found: Result<StageRoom, SignallingError> = index.withLock { index in
            guard !index.isShuttingDown else {
                return .failure(.unavailable("The server is shutting down. Try again shortly."))
            }
            guard !index.deleted.contains(stage) else { return .failure(.stageDeleted) }
            if index.places[stage] == nil {
                guard index.places.count < limits.liveStages else {
                    return .failure(
                        .unavailable("\(limits.liveStages) stages are live, as many as may be."))
                }
                index.places[stage] = Place(room: makeRoom(stage))
            }
            index.places[stage]!.visitors += 1
            return .success(index.places[stage]!.room)
        }
        return try found.get()
    }

    /// Ends a visit, and forgets the client of one who was not let in.
    func leave(_ visit: Visit) {
        visit.room.read { state in
            guard !state.machine.knows(visit.identity.id) else { return }
            state.clients[visit.identity.id] = nil
            state.users[visit.identity.id] = nil
        }
        leave(visit.room)
    }

    func leave(_ room: StageRoom) {
        index.withLock { index in
            index.places[room.stage]?.visitors -= 1
            drop(room, from: &index)
        }
    }

    /// Drops a room that nothing needs any more.
    func settle(_ room: StageRoom) {
        index.withLock { drop(room, from: &$0) }
    }

    private func drop(_ room: StageRoom, from index: inout Index) {
        guard let place = index.places[room.stage], place.room === room, place.visitors == 0,
            room.read({ $0.isIdle })
        else { return }
        index.places[room.stage] = nil
    }

    private func makeRoom(_ stage: StageID) -> StageRoom {
        StageRoom(
            stage: stage,
            context: LiveContext(
                storage: storage, media: media, limits: limits, now: now, random: random,
                notifications: notifications, logger: logger,
                forget: { [weak self] resource in
                    self?.index.withLock { $0.release(resource) }
                },
                publishersChanged: { [weak self] stage, snapshot in
                    self?.replicate(snapshot, of: stage)
                }),
            recovery: Task { [weak self] in await self?.recover(stage) })
    }

    /// The room where a media session is.
    func room(of stage: StageID) -> StageRoom? {
        index.withLock { $0.places[stage]?.room }
    }

    func room(of resource: ResourceID) -> StageRoom? {
        index.withLock { index in
            index.sessions[resource].flatMap { index.places[$0.stage]?.room }
        }
    }
}

/// Random numbers for those who take a generator.
struct DrawnNumbers: RandomNumberGenerator {
    let draw: @Sendable () -> UInt64
    mutating func next() -> UInt64 { draw() }
}
