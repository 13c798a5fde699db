package import Stages

/// The bounds of the live side as a whole. Those of one stage are ``Stages/StageLimits``.
package struct LiveLimits: Hashable, Sendable {
    package var stage = StageLimits()
    /// Publications on all stages together: the quota of an account of IVS.
    package var publishers = 1_000
    /// Subscriptions on all stages together; one to a whole stage is one.
    package var subscriptions = 20_000
    /// Other stages that one participant is seen on at the same time: the quota of IVS.
    package var replicationsPerParticipant = 5
    /// Stages with somebody on them, or whose session has not ended yet.
    package var liveStages = 10_000
    /// Frames that wait for a slow socket; one more closes it (1013). A snapshot of twelve
    /// publishers has up to 16 KiB.
    package var framesPerSocket = 32
    /// The least time between two snapshots of one stage: ten a second.
    package var broadcastInterval: Duration = .milliseconds(100)
    /// How often publishers are told how the stage's viewers keep to the latency budget.
    package var budgetInterval: Duration = .seconds(5)
    /// How long what a viewer says of its own latency holds.
    package var telemetryAge: Duration = .seconds(15)
    /// How often sessions are looked at that may have to end.
    package var tick: Duration = .seconds(1)
    /// How long a failed write waits for its second and last attempt.
    package var storageRetry: Duration = .milliseconds(100)
    /// Deleted stages that are remembered, for requests that had read them just before.
    package var rememberedDeletions = 10_000
    /// Sessions, or participants of one, that the sweep for unfinished sessions takes at a time.
    package var sweepPage = 500
    /// How often it is noted that the server is alive while somebody is on a stage: as exactly is the
    /// end of sessions known that a crash cuts off.
    package var heartbeat: Duration = .seconds(10)
    /// How long ended sessions and what happened in them are kept.
    package var historyAge: Duration = .seconds(30 * 24 * 60 * 60)
    /// How often a slice of what is older is forgotten.
    package var pruneInterval: Duration = .seconds(60)

    package init(stage: StageLimits = StageLimits()) {
        self.stage = stage
    }
}
