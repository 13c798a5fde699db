package import Primitives

/// Why a publisher's picture is what it is.
package enum AllocationReason: UInt8, Hashable, Sendable, CaseIterable {
    /// The first picture of it.
    case started
    /// The viewer's network: it carries no more, or carries more again.
    case network
    /// Another publisher goes before it now: one that was pinned, speaks, or is shown larger.
    case priority
    /// The publisher's layers came, went, or changed their size.
    case publisher
    /// The size that it is shown at.
    case viewport
    /// The layer that the viewer asked for, or let go of; or its pin.
    case preference
    /// The viewer paused it, or resumed it.
    case viewer
}

/// What one viewer is to get of each publisher that it watches.
///
/// Its memory is what a run needs, too: a worker lends one to each of its viewers in turn.
package struct LayerAllocation: Equatable, Sendable {
    package struct Pick: Hashable, Sendable {
        /// The ``OfferedLayer/stream`` to aim at, from its next keyframe on; `nil`: paused.
        package var stream: Int?
        /// Of the last change; of a pause, what keeps it so.
        package var reason: AllocationReason
        /// What is set aside for it.
        package var rate: DataRate
        /// ``stream`` is not what the run before this one picked.
        package var isChanged: Bool
    }

    /// One for each publisher, in the order that they were given.
    package internal(set) var picks: [Pick] = []
    /// What is set aside for sound and pictures: at most the target, but for sound, which is never cut.
    package internal(set) var allocated = DataRate.zero
    /// The target that it takes to give each publisher the best layer that is of use, with the margin for
    /// going up, for `BandwidthEstimator.noteDesired`.
    package internal(set) var desired = DataRate.zero
    /// How much more than the present target the next step up takes: what a probe is to look for. `nil`
    /// when nothing is missing; zero when the step only waits for its time.
    package internal(set) var missing: DataRate?
    /// When a step up is due that only waits for its time.
    package internal(set) var risesAt: Instant?

    var ladders: [LayerLadder] = []
    var sequence = FillSequence()
    /// Levels: what is given now, what of it still fits, what would fit with the margin or without
    /// anybody's history, and what each may rise to.
    var current: [Int8] = []
    var kept: [Int8] = []
    var roomy: [Int8] = []
    var fresh: [Int8] = []
    var bounds: [Int8] = []
    var final: [Int8] = []

    package init() {}

    package static func == (lhs: Self, rhs: Self) -> Bool {
        lhs.picks == rhs.picks && lhs.allocated == rhs.allocated && lhs.desired == rhs.desired
            && lhs.missing == rhs.missing && lhs.risesAt == rhs.risesAt
    }
}
