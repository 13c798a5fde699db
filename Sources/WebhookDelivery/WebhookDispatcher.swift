package import Logging
package import Primitives
package import Storage
import Synchronization
package import Webhooks

/// Delivers what happens to the webhooks of a deployment: at least once, and in order for each stage.
///
/// Everything that must not be lost is in the storage. A message is removed from it when its receiver
/// has taken it, so a crash repeats at most those that were under way.
package final class WebhookDispatcher: Sendable {
    struct Context: Sendable {
        let storage: any Storage
        let poster: any WebhookPosting
        let userAgent: String
        let limits: DispatcherLimits
        let now: @Sendable () -> WallTime
        let random: @Sendable () -> UInt64
        let logger: Logger
        let count: @Sendable ((inout DeliveryFigures) -> Void) -> Void
    }

    private struct Running {
        let record: WebhookRecord
        let runner: WebhookRunner
        let task: Task<Void, Never>
    }

    private struct State {
        var running: [String: Running] = [:]
        /// Webhooks whose secrets cannot be opened.
        var locked: Set<String> = []
        var isStopping = false
        var lastSeen: Int64 = 0
        var revision: String?
    }

    private let context: Context
    private let figures: SharedFigures
    private let bell: NotificationBell
    private let secret: @Sendable (WebhookRecord) -> WebhookSecret?
    private let revisionSetting: String
    private let state: Mutex<State>
    private let stopped: AsyncStream<Void>
    private let stopping: AsyncStream<Void>.Continuation

    /// - Parameters:
    ///   - bell: rings when messages were written; it is rung here for those of other processes.
    ///   - secret: opens the secret of a webhook; `nil` when it cannot be opened.
    ///   - revisionSetting: the key of a setting that changes when dead letters become pending.
    package init(
        storage: any Storage, poster: any WebhookPosting, bell: NotificationBell,
        secret: @escaping @Sendable (WebhookRecord) -> WebhookSecret?, revisionSetting: String,
        userAgent: String, limits: DispatcherLimits = DispatcherLimits(),
        now: @escaping @Sendable () -> WallTime,
        random: @escaping @Sendable () -> UInt64 = { UInt64.random(in: .min ... .max) },
        logger: Logger
    ) {
        let figures = SharedFigures()
        self.figures = figures
        self.bell = bell
        self.secret = secret
        self.revisionSetting = revisionSetting
        self.state = Mutex(State())
        (stopped, stopping) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        context = Context(
            storage: storage, poster: poster, userAgent: userAgent, limits: limits, now: now,
            random: random, logger: logger, count: { figures.change($0) })
    }

    /// Delivers until it is cancelled, or was stopped and what was under way has come back.
    package func run() async {
        await withTaskCancellationHandler {
            await withTaskGroup { tasks in
                tasks.addTask { await self.listen() }
                tasks.addTask { await self.poll() }
                for await _ in stopped { break }
                tasks.cancelAll()
            }
            for running in state.withLock({ Array($0.running.values) }) {
                await running.task.value
            }
        } onCancel: {
            let running = state.withLock { state in
                state.isStopping = true
                return Array(state.running.values)
            }
            for running in running { running.task.cancel() }
            stopping.yield()
        }
    }

    /// Begins no more attempts.
    package func stop() {
        let running = state.withLock { state in
            state.isStopping = true
            return Array(state.running.values)
        }
        for running in running { running.runner.stop() }
        stopping.yield()
    }

    package func snapshot() -> DeliveryFigures {
        var sum = figures.value
        for running in state.withLock({ Array($0.running.values) }) {
            let own = running.runner.figures
            sum.webhooks += 1
            sum.backlog += own.backlog
            sum.inFlight += own.inFlight
            sum.oldest = [sum.oldest, own.oldest].compactMap { $0 }.min()
        }
        return sum
    }

    private func listen() async {
        for await _ in bell.rings() { wakeAll() }
    }

    private func wakeAll() {
        for running in state.withLock({ Array($0.running.values) }) { running.runner.wake() }
    }
}

// What other processes change.
extension WebhookDispatcher {
    private func poll() async {
        while !Task.isCancelled {
            do throws(StorageError) {
                try await look()
            } catch {
                context.logger.warning(
                    "The webhooks could not be read", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: context.limits.pollInterval)
        }
    }

    private func look() async throws(StorageError) {
        let webhooks = try await context.storage.webhooks()
        let last = try await context.storage.lastNotification()
        let revision = try await context.storage.settings(prefix: revisionSetting)[revisionSetting]
        await match(webhooks)
        let (isNew, isRevised, running) = state.withLock { state in
            defer { (state.lastSeen, state.revision) = (last, revision) }
            return (last > state.lastSeen, revision != state.revision, state.running.values)
        }
        if isRevised { for running in running { running.runner.reset() } }
        if isNew { bell.ring() }
    }

    /// Ends what is gone or has changed, and starts what is new.
    private func match(_ webhooks: [WebhookRecord]) async {
        let wanted = Dictionary(webhooks.map { ($0.id, $0) }) { first, _ in first }
        let ended = state.withLock { state in
            state.locked.formIntersection(wanted.keys)
            let ended = state.running.values.filter { wanted[$0.record.id] != $0.record }
            for running in ended { state.running[running.record.id] = nil }
            return ended
        }
        for running in ended {
            running.task.cancel()
            await running.task.value
        }
        for webhook in webhooks { start(webhook) }
    }

    private func start(_ webhook: WebhookRecord) {
        let isKnown = state.withLock { state in
            state.isStopping || state.running[webhook.id] != nil
                || state.locked.contains(webhook.id)
        }
        guard !isKnown else { return }
        guard let secret = secret(webhook) else {
            context.logger.error(
                "The secret of a webhook cannot be opened: nothing is delivered to it",
                metadata: ["webhook": "\(webhook.id)"])
            state.withLock { _ = $0.locked.insert(webhook.id) }
            return
        }
        let runner = WebhookRunner(webhook: webhook, secret: secret, context: context)
        state.withLock { state in
            guard !state.isStopping else { return }
            state.running[webhook.id] = Running(
                record: webhook, runner: runner, task: Task { await runner.run() })
        }
    }
}

/// Figures that several tasks count in.
private final class SharedFigures: Sendable {
    private let figures = Mutex(DeliveryFigures())

    var value: DeliveryFigures { figures.withLock { $0 } }

    func change(_ change: (inout DeliveryFigures) -> Void) { figures.withLock { change(&$0) } }
}
