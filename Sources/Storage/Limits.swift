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

    package init(
        eventsPerParticipant: Int = 1_000, eventsPerStage: Int = 250_000,
        sessionsPerStage: Int = 1_000
    ) {
        precondition(eventsPerParticipant > 0 && eventsPerStage > 0 && sessionsPerStage > 0)
        self.eventsPerParticipant = eventsPerParticipant
        self.eventsPerStage = eventsPerStage
        self.sessionsPerStage = sessionsPerStage
    }
}
