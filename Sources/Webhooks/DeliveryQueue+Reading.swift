package import Primitives

// What is held, and what is left in the storage until there is room.
extension DeliveryQueue {
    /// Where to read on; `nil` when nothing is to be read, or there is no room for a page.
    var readPosition: Int64? {
        guard held.count + limits.page <= limits.held else { return nil }
        // First those that were left behind: they are older.
        let behind = lanes.values.lazy
            .filter { $0.queue.count <= limits.heldPerStage / 2 }
            .compactMap(\.skippedFrom).min()
        if let behind { return behind - 1 }
        return isCaughtUp ? nil : frontier
    }

    /// Takes what was read.
    /// - Parameters:
    ///   - page: all pending deliveries behind `position`, in order, up to some number.
    ///   - isLast: whether there are none behind the page.
    /// - Returns: the positions of those that are held from now on.
    package mutating func take(
        _ page: [QueuedDelivery], after position: Int64, isLast: Bool, at now: WallTime,
        using generator: inout some RandomNumberGenerator
    ) -> Set<Int64> {
        var taken: Set<Int64> = []
        for var delivery in page where held[delivery.position] == nil {
            guard admits(delivery, start: position) else { continue }
            if delivery.attempts > 0, let last = delivery.lastAttemptAt {
                let delay = limits.drawDelay(afterAttempts: delivery.attempts, using: &generator)
                delivery.due = last + delay
            }
            hold(delivery)
            taken.insert(delivery.position)
        }
        let end = isLast ? Int64.max : page.last?.position ?? position
        frontier = max(frontier, page.last?.position ?? position)
        if isLast { isCaughtUp = true }
        settle(after: position, upTo: end)
        return taken
    }

    /// Whether it is its turn to be held. What is not is counted as skipped.
    /// - Parameter start: behind which the page begins.
    private mutating func admits(_ delivery: QueuedDelivery, start: Int64) -> Bool {
        let lane = lanes[delivery.stage] ?? Lane()
        let hasRoom = lane.queue.count < limits.heldPerStage
        guard let skippedFrom = lane.skippedFrom, delivery.position >= skippedFrom else {
            // Nothing that waits stands in front of it.
            if hasRoom { return true }
            lanes[delivery.stage]!.skippedFrom = delivery.position
            lanes[delivery.stage]!.skippedCount += 1
            return false
        }
        let isNew = delivery.position > frontier
        // It may be held only when the page began in front of what was skipped: then all of that
        // which comes before it is held now.
        guard hasRoom, skippedFrom > start else {
            if isNew { lanes[delivery.stage]!.skippedCount += 1 }
            return false
        }
        lanes[delivery.stage]!.skippedFrom = delivery.position + 1
        if !isNew { lanes[delivery.stage]!.skippedCount = max(0, lane.skippedCount - 1) }
        return true
    }

    /// Puts it into its lane in order. One that is under way stays in front.
    private mutating func hold(_ delivery: QueuedDelivery) {
        held[delivery.position] = .some(delivery.stage)
        var lane = lanes[delivery.stage] ?? Lane()
        let first = lane.isSending ? 1 : 0
        let place =
            lane.queue.dropFirst(first).firstIndex { $0.position > delivery.position }
            ?? lane.queue.endIndex
        lane.queue.insert(delivery, at: place)
        lanes[delivery.stage] = lane
    }

    /// What was read and had room was taken: each lane's skipped ones are behind the page from now
    /// on, or there are none.
    private mutating func settle(after position: Int64, upTo end: Int64) {
        for (stage, lane) in lanes {
            guard let skippedFrom = lane.skippedFrom, skippedFrom > position, skippedFrom <= end,
                lane.queue.count < limits.heldPerStage
            else { continue }
            if end >= frontier {
                lanes[stage]!.skippedFrom = nil
                lanes[stage]!.skippedCount = 0
                if lanes[stage]!.isEmpty { lanes[stage] = nil }
            } else {
                lanes[stage]!.skippedFrom = end + 1
            }
        }
    }
}
