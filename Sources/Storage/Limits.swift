/// How much a storage keeps of what grows by itself. Reaching a limit drops the oldest entry: history
/// is for looking at, and a stage that runs for a year must not fill the disk.
package struct StorageLimits: Hashable, Sendable {
    /// Events of one participant in one session: a client that reconnects in a loop must not push
    /// out what the others did.
    package var eventsPerParticipant: Int
    /// Events of one stage, over all its sessions: about 25 events for each of 10,000 viewers.
    package var eventsPerStage: Int
    /// Sessions of one stage; a dropped one takes its events and participants along, but for the
    /// revoked participants, whose tokens must stay dead.
    package var sessionsPerStage: Int
    /// Notifications of the whole deployment. One that is still to be delivered, or was given up, is
    /// kept until it is not.
    package var notifications: Int
    /// Deliveries that were given up.
    package var deadDeliveries: Int
    /// Rows of each kind that one ``StorageChange/prune(before:)`` removes at most, so that nobody
    /// who writes waits long for it.
    package var pruneSlice: Int

    package init(
        eventsPerParticipant: Int = 1_000, eventsPerStage: Int = 250_000,
        sessionsPerStage: Int = 1_000, notifications: Int = 1_000_000,
        deadDeliveries: Int = 100_000, pruneSlice: Int = 5_000
    ) {
        precondition(eventsPerParticipant > 0 && eventsPerStage > 0 && sessionsPerStage > 0)
        precondition(notifications > 0 && deadDeliveries > 0 && pruneSlice > 0)
        self.eventsPerParticipant = eventsPerParticipant
        self.eventsPerStage = eventsPerStage
        self.sessionsPerStage = sessionsPerStage
        self.notifications = notifications
        self.deadDeliveries = deadDeliveries
        self.pruneSlice = pruneSlice
    }
}
