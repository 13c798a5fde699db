package import Primitives

/// One change to the stored state. Positions are given by the storage on insertion and kept on
/// replacement; what a record says of its own is ignored.
package enum StorageChange: Hashable, Sendable {
    /// Inserts or replaces.
    case putStage(StageRecord)
    /// Removes the stage with its sessions, participants, events and the replications from and to
    /// it. Revoked participants of it need no record: a token for a stage that is gone is refused
    /// for that.
    case deleteStage(StageID)
    case putSession(SessionRecord)
    /// Inserts or replaces the participant's record in its session, which is its newest from then.
    case putParticipant(ParticipantRecord)
    case appendEvent(ParticipantEventRecord)
    case putReplication(ReplicationRecord)

    /// Inserts or replaces.
    case putResource(ResourceRecord)
    case removeResource(ResourceRecord.Kind, id: String)

    /// Inserts or replaces. What happens from now on is delivered to it.
    case putWebhook(WebhookRecord)
    /// Removes it with all its deliveries.
    case removeWebhook(id: String)
    /// Appends it, and one pending delivery for each webhook that wants it.
    case appendNotification(NotificationRecord)
    /// Replaces the state of a delivery; one that is not stored is ignored.
    case putDelivery(DeliveryRecord)
    /// It was delivered, or is not wanted any more.
    case removeDelivery(webhook: String, notification: Int64)

    case putSetting(key: String, value: String)
    case removeSetting(key: String)

    /// Forgets history that is older: ended sessions with their participants (the revoked stay) and
    /// events, single events of longer sessions, notifications that nobody waits for, replications
    /// that have ended, and resources that have expired. Removes at most
    /// ``StorageLimits/pruneSlice`` of each, the oldest first: who wants more repeats it.
    case prune(before: WallTime)
}
