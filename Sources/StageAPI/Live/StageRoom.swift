import Logging
import Primitives
import Signalling
import Stages
import Storage
import Synchronization

/// What every room needs of the world.
struct LiveContext: Sendable {
    let storage: any Storage
    let media: any MediaControl
    let limits: LiveLimits
    let now: @Sendable () -> WallTime
    let random: @Sendable () -> UInt64
    let notifications: NotificationOutbox?
    let logger: Logger
    /// Takes a media session that was closed out of the index.
    let forget: @Sendable (ResourceID) -> Void
    /// Hears what the stage's publishers have come to, once it is stored.
    let publishersChanged: @Sendable (StageID, StageSnapshot) -> Void
}

/// The owner of one stage's machine.
///
/// Transitions are synchronous, under a lock. What they ask for is queued in the same critical
/// section and carried out by one task at a time: first one batch to Storage, then what others can
/// see. So nobody sees a change that a crash could undo, and changes are seen in their order.
final class StageRoom: Sendable {
    let stage: StageID
    let context: LiveContext
    /// Whoever enters waits for it: what a crash left of the stage's last session is tidied up.
    let recovery: Task<Void, Never>
    private let state: Mutex<RoomState>

    init(stage: StageID, context: LiveContext, recovery: Task<Void, Never>) {
        self.stage = stage
        self.recovery = recovery
        self.context = context
        state = Mutex(RoomState(stage: stage, limits: context.limits, now: context.now))
    }

    /// Looks without changing anything that is to be stored or seen.
    func read<Result: Sendable>(_ body: (inout RoomState) -> Result) -> Result {
        state.withLock { body(&$0) }
    }

    /// Runs a transition, and returns when what it asks for is stored and done.
    /// - Returns: what `body` returned first, and why it could not be stored, if it could not.
    func perform<Result: Sendable>(
        _ body: (inout RoomState) -> (Result, [StageAction])
    ) async -> (result: Result, failure: StorageError?) {
        var result: Result?
        let failure: StorageError? = await withCheckedContinuation { continuation in
            let (isDone, starts) = state.withLock { state in
                let (value, actions) = body(&state)
                result = value
                state.enqueue(actions)
                guard state.isBusy else { return (true, false) }
                state.wait(continuation)
                return (false, state.shouldStartDraining())
            }
            if isDone { continuation.resume(returning: nil) }
            if starts { startDraining() }
        }
        return (result!, failure)
    }

    /// Runs a transition that nobody waits for.
    func post(_ body: (inout RoomState) -> [StageAction]) {
        let starts = state.withLock { state in
            let actions = body(&state)
            state.enqueue(actions)
            return state.shouldStartDraining()
        }
        if starts { startDraining() }
    }

    /// Not a child of whoever asked: a request that is cancelled must not take others' writes
    /// along.
    private func startDraining() {
        Task { await drain() }
    }

    private func drain() async {
        while let batch = state.withLock({ $0.takeBatch() }) {
            let failure = await store(
                context.notifications.completing(batch.changes, users: batch.users))
            if failure == nil, !batch.changes.isEmpty { context.notifications?.bell.ring() }
            for step in batch.steps { await carryOut(step) }
            for waiter in batch.waiters { waiter.resume(returning: failure) }
        }
    }

    private func store(_ changes: [StorageChange]) async -> StorageError? {
        guard !changes.isEmpty else { return nil }
        do throws(StorageError) {
            try await context.storage.apply(changes)
            return nil
        } catch {
            context.logger.warning("A write failed and is tried again", metadata: about(error))
        }
        try? await Task.sleep(for: context.limits.storageRetry)
        do throws(StorageError) {
            try await context.storage.apply(changes)
            return nil
        } catch {
            context.logger.error(
                "A write failed twice; its records are lost", metadata: about(error))
            return error
        }
    }

    private func about(_ error: StorageError) -> Logger.Metadata {
        ["stage": "\(stage)", "error": "\(error)"]
    }

    private func carryOut(_ step: RoomState.Step) async {
        switch step {
        case .close(let resource):
            context.forget(resource)
            await context.media.close(resource)
        case .forward(let participant, let audio, let video):
            await context.media.setForwarding(
                of: participant, on: stage, audio: audio, video: video)
        case .wish(let wish, let publisher, let resource):
            await context.media.setWish(wish, of: publisher, for: resource)
        case .told(let resource, let isTold):
            await context.media.setTold(resource, ofWantedLayers: isTold)
        case .say(let frames):
            deliver(frames)
        case .dismiss(let outlet, let text, let code, let reason):
            outlet.yield(.text(text))
            outlet.yield(.close(code: code, reason: reason))
            outlet.finish()
        case .broadcast(let snapshot):
            let message = StageStateMessage(
                stage: stage, publishers: snapshot.publishers.map(StageStateParticipant.init))
            state.withLock { $0.message = message }
            scheduleBroadcast()
            context.publishersChanged(stage, snapshot)
        case .sendState:
            deliver(state.withLock { $0.stateForAll(at: .now) })
        case .refresh(let participant, let own):
            deliver(state.withLock { $0.refresh(participant, own: own) })
        case .welcome(let socket):
            // Under the lock, so that newer slots cannot overtake these.
            let slow = state.withLock { state in
                state.welcome(socket).filter { !$0.send() }.map(\.socket)
            }
            drop(slow)
        }
    }

    /// Sends the newest state in the same run, or when the last is long enough ago.
    private func scheduleBroadcast() {
        guard let delay = state.withLock({ $0.delayOfBroadcast(at: .now) }) else { return }
        guard delay > .zero else {
            state.withLock { $0.enqueueState() }
            return
        }
        Task {
            try? await Task.sleep(for: delay)
            let starts = state.withLock { state in
                state.enqueueState()
                return state.shouldStartDraining()
            }
            if starts { startDraining() }
        }
    }

    /// Puts frames into the queues of sockets, outside the lock: there may be ten thousand. States
    /// come from the one draining task only, so each socket gets them in their order.
    private func deliver(_ frames: [RoomState.Delivery]) {
        var slow: [SocketID] = []
        for frame in frames where !frame.send() { slow.append(frame.socket) }
        drop(slow)
    }

    private func drop(_ slow: [SocketID]) {
        guard !slow.isEmpty else { return }
        post { $0.drop(slow) }
    }
}
