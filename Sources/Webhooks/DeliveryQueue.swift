package import Primitives

/// Decides when which message is posted to one webhook.
///
/// Messages of one stage go one after the other: the next one waits until the one in front was taken
/// or given up. Stages go side by side, up to a bound. What is pending may be more than fits into
/// memory: a part of it is held here, and the rest is asked for as places become free.
///
/// Pure: whoever drives it does what ``next(at:)`` says, one thing at a time. A message that was
/// finished must be out of the storage (or stored as tried) before the next ``DeliveryAction/read``
/// is answered: what is read and not held counts as new.
package struct DeliveryQueue: Sendable {
    /// The messages of one stage.
    struct Lane: Hashable, Sendable {
        /// In order; the first is the one whose turn it is.
        var queue: [QueuedDelivery] = []
        /// The first message was sent and has not come back.
        var isSending = false
        /// Messages from here on were seen and left in the storage.
        var skippedFrom: Int64?
        /// How many those are.
        var skippedCount = 0

        var isEmpty: Bool { queue.isEmpty && skippedFrom == nil }
    }

    package let limits: DeliveryLimits
    var lanes: [StageID?: Lane] = [:]
    /// The positions of all that is held, and their stages.
    var held: [Int64: StageID?] = [:]
    private(set) var sending = 0
    /// Everything up to here was seen.
    var frontier: Int64 = 0
    /// There is nothing behind ``frontier``, as far as is known.
    var isCaughtUp = false

    package init(limits: DeliveryLimits = DeliveryLimits()) {
        precondition(limits.page <= limits.held && limits.page > 0)
        precondition(limits.heldPerStage > 0 && limits.parallel > 0)
        self.limits = limits
    }

    /// There may be new messages.
    package mutating func wake() { isCaughtUp = false }

    /// Old messages may be pending again: everything is looked at anew.
    package mutating func reset() {
        frontier = 0
        isCaughtUp = false
        for stage in lanes.keys {
            lanes[stage]!.skippedFrom = nil
            lanes[stage]!.skippedCount = 0
        }
        lanes = lanes.filter { !$0.value.isEmpty }
    }

    /// What to do now. A message that it says to send counts as sent.
    package mutating func next(at now: WallTime) -> DeliveryAction {
        var wakeUp: WallTime?
        if sending < limits.parallel {
            var ready: (stage: StageID?, position: Int64)?
            for (stage, lane) in lanes where !lane.isSending {
                guard let first = lane.queue.first else { continue }
                if let due = dueTime(of: first, at: now), due > now {
                    wakeUp = min(wakeUp ?? due, due)
                } else if ready.map({ first.position < $0.position }) ?? true {
                    ready = (stage, first.position)
                }
            }
            if let ready {
                lanes[ready.stage]!.isSending = true
                sending += 1
                return .send(position: ready.position)
            }
        }
        if let position = readPosition { return .read(after: position, limit: limits.page) }
        return .wait(until: wakeUp)
    }

    /// A clock that was set back makes nobody wait longer than the longest delay.
    private func dueTime(of delivery: QueuedDelivery, at now: WallTime) -> WallTime? {
        delivery.due.map { min($0, now + limits.maximumDelay) }
    }

    /// An attempt has ended.
    /// - Returns: what becomes of the message; `nil` when it was not under way.
    package mutating func finished(
        _ position: Int64, _ outcome: DeliveryOutcome, at now: WallTime,
        using generator: inout some RandomNumberGenerator
    ) -> DeliveryVerdict? {
        guard let stage = held[position], let lane = lanes[stage], lane.isSending,
            var delivery = lane.queue.first, delivery.position == position
        else { return nil }
        lanes[stage]!.isSending = false
        sending -= 1
        delivery.attempts += 1
        delivery.lastAttemptAt = now
        switch outcome {
        case .accepted:
            drop(position, of: stage)
            return .delivered
        case .failed(let retryAfter) where !isLastAttempt(of: delivery, at: now):
            let drawn = limits.drawDelay(afterAttempts: delivery.attempts, using: &generator)
            let delay = max(drawn, min(retryAfter ?? .zero, limits.maximumDelay))
            delivery.due = now + delay
            lanes[stage]!.queue[0] = delivery
            return .retry(at: now + delay)
        case .failed, .gone:
            drop(position, of: stage)
            return .bury
        }
    }

    private func isLastAttempt(of delivery: QueuedDelivery, at now: WallTime) -> Bool {
        guard delivery.attempts < limits.maximumAttempts else { return true }
        return delivery.attempts >= limits.minimumAttempts
            && now - delivery.happenedAt >= limits.maximumAge
    }

    private mutating func drop(_ position: Int64, of stage: StageID?) {
        held[position] = nil
        lanes[stage]!.queue.removeFirst()
        if lanes[stage]!.isEmpty { lanes[stage] = nil }
    }
}

// Figures.
extension DeliveryQueue {
    /// Messages that were seen and have not been delivered.
    package var backlog: Int {
        lanes.values.reduce(0) { $0 + $1.queue.count + $1.skippedCount }
    }

    /// When the oldest message happened that waits.
    package var oldest: WallTime? {
        lanes.values.lazy.compactMap { $0.queue.first?.happenedAt }.min()
    }

    package var inFlight: Int { sending }
}
