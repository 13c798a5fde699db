import Primitives

/// Everything that an ``InMemoryStorage`` holds.
struct Contents: Sendable {
    let limits: StorageLimits
    var stages: [StageID: StageContents] = [:]
    var settings: [String: String] = [:]
    /// In the order of their beginning.
    var replications: [ReplicationRecord] = []
    /// In the order of their creation.
    var resources: [ResourceRecord] = []
    var outbox = Outbox()
    /// The last position that was given to a stage, session, participant, replication or resource.
    private var lastPosition: Int64 = 0

    init(limits: StorageLimits) {
        self.limits = limits
    }

    mutating func apply(_ change: StorageChange) {
        switch change {
        case .putStage(let record): put(record)
        case .deleteStage(let id): delete(id)
        case .putSession(let record):
            let position = nextPosition()
            stages[record.stage]?.put(record, position: position, limits: limits)
        case .putParticipant(let record):
            let position = nextPosition()
            stages[record.stage]?.put(record, position: position)
        case .appendEvent(let record): stages[record.stage]?.append(record, limits: limits)
        case .putReplication(let record): put(record)
        case .putResource(let record): put(record)
        case .removeResource(let kind, let id):
            resources.removeAll { $0.kind == kind && $0.id == id }
        case .putWebhook(let record): outbox.webhooks[record.id] = record
        case .removeWebhook(let id): outbox.remove(webhook: id)
        case .appendNotification(let record): outbox.append(record, limits: limits)
        case .putDelivery(let record): outbox.put(record, limits: limits)
        case .removeDelivery(let webhook, let notification):
            outbox.deliveries.removeAll {
                $0.webhook == webhook && $0.notification.position == notification
            }
        case .putSetting(let key, let value): settings[key] = value
        case .removeSetting(let key): settings[key] = nil
        case .prune(let time): prune(before: time)
        }
    }

    private mutating func nextPosition() -> Int64 {
        lastPosition += 1
        return lastPosition
    }

    private mutating func put(_ record: StageRecord) {
        var record = record
        if let known = stages[record.id] {
            record.position = known.record.position
            stages[record.id]?.record = record
        } else {
            record.position = nextPosition()
            stages[record.id] = StageContents(record: record)
        }
    }

    private mutating func delete(_ stage: StageID) {
        stages[stage] = nil
        replications.removeAll { $0.sourceStage == stage || $0.destinationStage == stage }
    }

    private mutating func put(_ record: ReplicationRecord) {
        guard stages[record.sourceStage] != nil, stages[record.destinationStage] != nil else {
            return
        }
        var record = record
        let known = replications.firstIndex {
            $0.participant == record.participant && $0.sourceStage == record.sourceStage
                && $0.destinationStage == record.destinationStage
        }
        if let known {
            record.position = replications[known].position
            replications[known] = record
        } else {
            record.position = nextPosition()
            replications.append(record)
        }
    }

    private mutating func put(_ record: ResourceRecord) {
        var record = record
        let known = resources.firstIndex { $0.kind == record.kind && $0.id == record.id }
        if let known {
            record.position = resources[known].position
            resources[known] = record
        } else {
            record.position = nextPosition()
            resources.append(record)
        }
    }

    private mutating func prune(before time: WallTime) {
        for id in stages.keys { stages[id]!.prune(before: time) }
        replications.removeAll { $0.endedAt.map { $0 < time } ?? false }
        resources.removeAll { $0.expiresAt.map { $0 < time } ?? false }
        outbox.prune(before: time)
    }
}

/// What happened, and what of it is still to be delivered.
struct Outbox: Sendable {
    var webhooks: [String: WebhookRecord] = [:]
    /// Oldest first.
    var notifications: [NotificationRecord] = []
    var deliveries: [DeliveryRecord] = []
    private(set) var lastPosition: Int64 = 0

    mutating func remove(webhook: String) {
        webhooks[webhook] = nil
        deliveries.removeAll { $0.webhook == webhook }
    }

    mutating func append(_ record: NotificationRecord, limits: StorageLimits) {
        lastPosition += 1
        var record = record
        record.position = lastPosition
        notifications.append(record)
        for webhook in webhooks.values
        where webhook.kinds.isEmpty || webhook.kinds.contains(record.kind) {
            deliveries.append(DeliveryRecord(webhook: webhook.id, notification: record))
        }
        if notifications.count > limits.notifications {
            let newestGone = lastPosition - Int64(limits.notifications)
            forget { $0.position <= newestGone }
        }
    }

    mutating func put(_ record: DeliveryRecord, limits: StorageLimits) {
        let known = deliveries.firstIndex {
            $0.webhook == record.webhook
                && $0.notification.position == record.notification.position
        }
        guard let known else { return }
        deliveries[known] = record
        let dead = deliveries.filter { $0.state == .dead }.map(\.notification.position).sorted()
        guard record.state == .dead, dead.count > limits.deadDeliveries else { return }
        let oldestKept = dead[dead.count - limits.deadDeliveries]
        deliveries.removeAll { $0.state == .dead && $0.notification.position < oldestKept }
    }

    mutating func prune(before time: WallTime) {
        forget { $0.time < time }
    }

    /// Forgets those that nobody waits for.
    private mutating func forget(_ isOld: (NotificationRecord) -> Bool) {
        let awaited = Set(deliveries.map(\.notification.position))
        notifications.removeAll { isOld($0) && !awaited.contains($0.position) }
    }
}
