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
    let logger: Logger
    /// Takes a media session that was closed out of the index.
    let forget: @Sendable (ResourceID) -> Void
}

/// The owner of one stage's machine.
///
/// Transitions are synchronous, under a lock. What they ask for is queued in the same critical section
/// and carried out by one task at a time: first one batch to Storage, then what others can see. So
/// nobody sees a change that a crash could undo, and changes are seen in their order.
final class StageRoom: Sendable {
    let stage: StageID
    let context: LiveContext
    private let state: Mutex<RoomState>

    init(stage: StageID, context: LiveContext) {
        self.stage = stage
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
            let starts = state.withLock { state in
                let (value, actions) = body(&state)
                result = value
                state.enqueue(actions)
                return state.wait(continuation)
            }
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

    /// Not a child of whoever asked: a request that is cancelled must not take others' writes along.
    private func startDraining() {
        Task { await drain() }
    }

    private func drain() async {
        while let batch = state.withLock({ $0.takeBatch() }) {
            let failure = await store(batch.changes)
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
        case .dismiss(let outlet, let text, let code, let reason):
            outlet.yield(.text(text))
            outlet.yield(.close(code: code, reason: reason))
            outlet.finish()
        case .broadcast(let snapshot):
            let message = StageStateMessage(
                stage: stage, publishers: snapshot.publishers.map(StageStateParticipant.init))
            broadcast(message)
        case .refresh(let participant, let own):
            post { $0.refresh(participant, own: own) }
        case .welcome(let socket):
            post { $0.welcome(socket) }
        }
    }

    /// Sends the message now, or together with the next ones when the last is too recent.
    private func broadcast(_ message: StageStateMessage) {
        let delay = state.withLock { state in
            state.message = message
            return state.delayOfBroadcast(at: .now)
        }
        guard let delay else { return }
        guard delay > .zero else {
            post { $0.sendState(at: .now) }
            return
        }
        Task {
            try? await Task.sleep(for: delay)
            post { $0.sendState(at: .now) }
        }
    }
}
