import Primitives

@testable import Webhooks

let start = WallTime(unixSeconds: 1_700_000_000)

extension QueuedDelivery {
    /// A message of a stage that is called by a letter.
    init(_ position: Int64, _ stage: String = "a", attempts: Int = 0, last: WallTime? = nil) {
        self.init(
            position: position, stage: StageID(stage), happenedAt: start, attempts: attempts,
            lastAttemptAt: last)
    }
}

extension DeliveryLimits {
    /// Small enough to be hit.
    static var small: DeliveryLimits {
        var limits = DeliveryLimits()
        limits.parallel = 2
        limits.held = 12
        limits.heldPerStage = 3
        limits.page = 4
        return limits
    }
}

/// A storage and a queue, with every action carried out at once but the sending.
struct Bench {
    var pending: [QueuedDelivery] = []
    var queue: DeliveryQueue
    var generator = SeededGenerator(seed: 1)
    var now = start

    init(_ limits: DeliveryLimits = .small, pending: [QueuedDelivery] = []) {
        queue = DeliveryQueue(limits: limits)
        self.pending = pending
    }

    /// What is to be done now, besides reading.
    mutating func next() -> DeliveryAction {
        while true {
            let action = queue.next(at: now)
            guard case .read(let position, let limit) = action else { return action }
            let behind = pending.filter { $0.position > position }
            _ = queue.take(
                Array(behind.prefix(limit)), after: position, isLast: behind.count <= limit,
                at: now, using: &generator)
        }
    }

    /// All that may be sent now.
    mutating func sendAll() -> [Int64] {
        var sent: [Int64] = []
        while case .send(let position) = next() { sent.append(position) }
        return sent
    }

    mutating func finish(_ position: Int64, _ outcome: DeliveryOutcome) -> DeliveryVerdict? {
        let verdict = queue.finished(position, outcome, at: now, using: &generator)
        switch verdict {
        case .delivered, .bury: pending.removeAll { $0.position == position }
        case .retry, nil: break
        }
        return verdict
    }
}
