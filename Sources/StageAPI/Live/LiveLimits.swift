package import Stages

/// The bounds of the live side as a whole. Those of one stage are ``Stages/StageLimits``.
package struct LiveLimits: Hashable, Sendable {
    package var stage = StageLimits()
    /// Stages with somebody on them, or whose session has not ended yet.
    package var liveStages = 10_000
    /// Frames that wait for a slow socket; one more closes it (1013). A snapshot of twelve
    /// publishers has up to 16 KiB.
    package var framesPerSocket = 32
    /// The least time between two snapshots of one stage: ten a second.
    package var broadcastInterval: Duration = .milliseconds(100)
    /// How often sessions are looked at that may have to end.
    package var tick: Duration = .seconds(1)
    /// How long a failed write waits for its second and last attempt.
    package var storageRetry: Duration = .milliseconds(100)
    /// Deleted stages that are remembered, for requests that had read them just before.
    package var rememberedDeletions = 10_000
    /// Stages that one page of the sweep for unfinished sessions reads.
    package var sweepPage = 100

    package init(stage: StageLimits = StageLimits()) {
        self.stage = stage
    }
}
