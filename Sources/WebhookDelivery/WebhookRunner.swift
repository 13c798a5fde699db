import Logging
import Primitives
import Storage
import Synchronization
import Webhooks

/// Drives the queue of one webhook: one task that decides, reads and writes, and one for each
/// attempt.
final class WebhookRunner: Sendable {
    private let webhook: WebhookRecord
    private let secret: WebhookSecret
    private let context: WebhookDispatcher.Context
    private let inbox = Inbox()
    private let own = Mutex(DeliveryFigures())

    init(webhook: WebhookRecord, secret: WebhookSecret, context: WebhookDispatcher.Context) {
        self.webhook = webhook
        self.secret = secret
        self.context = context
    }

    /// Only what waits; the totals are counted for all webhooks together.
    var figures: DeliveryFigures { own.withLock { $0 } }

    func wake() { inbox.put { $0.isWoken = true } }
    func reset() { inbox.put { $0.isReset = true } }
    func stop() { inbox.put { $0.isStopping = true } }

    func run() async {
        var queue = DeliveryQueue(limits: context.limits.delivery)
        var held: [Int64: DeliveryRecord] = [:]
        var generator = Drawn(draw: context.random)
        var signals = inbox.signals.makeAsyncIterator()
        await withDiscardingTaskGroup { attempts in
            while !Task.isCancelled {
                let mail = inbox.take()
                if mail.isReset { queue.reset() }
                if mail.isWoken { queue.wake() }
                if !mail.results.isEmpty {
                    await settle(mail.results, &queue, &held, &generator)
                }
                publish(queue)
                guard !mail.isStopping else {
                    if queue.inFlight == 0 { return }
                    await signals.next()
                    continue
                }
                switch queue.next(at: context.now()) {
                case .send(let position):
                    guard let delivery = held[position] else { continue }
                    attempts.addTask { await self.attempt(delivery) }
                case .read(let position, let limit):
                    await read(after: position, limit, &queue, &held, &generator)
                case .wait(let time):
                    let alarm = time.map(wakeUp)
                    await signals.next()
                    alarm?.cancel()
                }
            }
            attempts.cancelAll()
        }
    }

    private func wakeUp(at time: WallTime) -> Task<Void, Never> {
        let delay = max(.milliseconds(1), time - context.now())
        return Task { [inbox] in
            guard (try? await Task.sleep(for: delay)) != nil else { return }
            inbox.ring()
        }
    }

    private func publish(_ queue: DeliveryQueue) {
        own.withLock { figures in
            figures.backlog = queue.backlog
            figures.inFlight = queue.inFlight
            figures.oldest = queue.oldest
        }
    }

    private func attempt(_ delivery: DeliveryRecord) async {
        let message = delivery.notification
        let signed = WebhookSignature.headers(
            id: message.id, time: context.now(), body: message.body, secret: secret)
        let fixed = [
            ("content-type", "application/json; charset=utf-8"),
            ("user-agent", context.userAgent),
        ]
        let result = await context.poster.post(
            WebhookRequest(
                address: webhook.url,
                headers: fixed.map { .init($0.0, $0.1) } + signed.map { .init($0.name, $0.value) },
                body: message.body))
        guard !Task.isCancelled else { return }
        inbox.put { $0.results.append((message.position, result)) }
    }
}

// What goes into the storage, and comes out of it.
extension WebhookRunner {
    private func read(
        after position: Int64, _ limit: Int, _ queue: inout DeliveryQueue,
        _ held: inout [Int64: DeliveryRecord], _ generator: inout Drawn
    ) async {
        let page: [DeliveryRecord]
        do throws(StorageError) {
            page = try await context.storage.deliveries(
                .pending, to: webhook.id, after: position, limit: limit)
        } catch {
            context.logger.warning(
                "Deliveries could not be read", metadata: about(["error": "\(error)"]))
            try? await Task.sleep(for: context.limits.storageRetry)
            return
        }
        let taken = queue.take(
            page.map(QueuedDelivery.init), after: position, isLast: page.count < limit,
            at: context.now(), using: &generator)
        for delivery in page where taken.contains(delivery.notification.position) {
            held[delivery.notification.position] = delivery
        }
    }

    /// Stores what became of attempts. Nothing else is done before that has worked: what is read
    /// next must not show a message again that was delivered.
    private func settle(
        _ results: [(position: Int64, result: WebhookResult)], _ queue: inout DeliveryQueue,
        _ held: inout [Int64: DeliveryRecord], _ generator: inout Drawn
    ) async {
        var changes: [StorageChange] = []
        let now = context.now()
        for (position, result) in results {
            let verdict = queue.finished(position, result.outcome, at: now, using: &generator)
            guard let verdict, var delivery = held[position] else { continue }
            delivery.attempts += 1
            delivery.lastAttemptAt = now
            delivery.lastError = result.error.map {
                String($0.prefix(context.limits.errorCharacters))
            }
            switch verdict {
            case .delivered:
                held[position] = nil
                changes.append(.removeDelivery(webhook: webhook.id, notification: position))
                context.count { $0.delivered += 1 }
            case .retry(let time):
                held[position] = delivery
                changes.append(.putDelivery(delivery))
                context.count { $0.failed += 1 }
                log(delivery, next: time)
            case .bury:
                held[position] = nil
                delivery.state = .dead
                changes.append(.putDelivery(delivery))
                context.count {
                    $0.failed += 1
                    $0.dead += 1
                }
                log(delivery, next: nil)
            }
        }
        await store(changes)
    }

    private func store(_ changes: [StorageChange]) async {
        while !Task.isCancelled {
            do throws(StorageError) {
                return try await context.storage.apply(changes)
            } catch {
                context.logger.error(
                    "What was delivered could not be stored and is tried again",
                    metadata: about(["error": "\(error)"]))
            }
            try? await Task.sleep(for: context.limits.storageRetry)
        }
    }

    /// The first failure of a message and its end are worth a look; those between are many.
    private func log(_ delivery: DeliveryRecord, next: WallTime?) {
        let metadata = about([
            "message": "\(delivery.notification.id)", "attempts": "\(delivery.attempts)",
            "error": "\(delivery.lastError ?? "none")",
            "next": "\(next.map(\.description) ?? "never")",
        ])
        if next == nil {
            context.logger.warning("A message was given up", metadata: metadata)
        } else {
            context.logger.log(
                level: delivery.attempts == 1 ? .info : .debug, "A delivery failed",
                metadata: metadata)
        }
    }

    private func about(_ metadata: Logger.Metadata) -> Logger.Metadata {
        metadata.merging(["webhook": "\(webhook.id)"]) { $1 }
    }
}

extension QueuedDelivery {
    fileprivate init(_ delivery: DeliveryRecord) {
        let message = delivery.notification
        self.init(
            position: message.position, stage: message.stage, happenedAt: message.time,
            attempts: delivery.attempts, lastAttemptAt: delivery.lastAttemptAt)
    }
}

/// Random numbers for who takes a generator.
private struct Drawn: RandomNumberGenerator {
    let draw: @Sendable () -> UInt64
    mutating func next() -> UInt64 { draw() }
}
