internal import Primitives

/// What one direction of a link is like.
package struct LinkProfile: Equatable, Sendable {
    package var schedule: RateSchedule
    package var bottleneck: SimulatedLink.Bottleneck
    package var propagation: Duration
    package var jitter: SimulatedLink.Jitter
    package var loss: LossProcess
    package var seed: UInt64

    /// - Parameter schedule: on the time of whoever sends; the link begins at ``Instant/zero``.
    package init(
        schedule: RateSchedule = .unlimited,
        bottleneck: SimulatedLink.Bottleneck = .delay(.milliseconds(200)),
        propagation: Duration = .zero, jitter: SimulatedLink.Jitter = .init(maximum: .zero),
        loss: LossProcess = .none, seed: UInt64 = 1
    ) {
        self.schedule = schedule
        self.bottleneck = bottleneck
        self.propagation = propagation
        self.jitter = jitter
        self.loss = loss
        self.seed = seed
    }
}

extension SimulatedLink {
    package init(_ profile: LinkProfile) {
        self.init(
            profile.schedule, bottleneck: profile.bottleneck, propagation: profile.propagation,
            jitter: profile.jitter, loss: profile.loss, seed: profile.seed)
    }
}
