package import Primitives

/// Decides when to probe and how fast (probe_controller.cc, and what is added for a server that
/// forwards layers: see ``recoveryInterval`` and ``stagnationInterval``).
///
/// It probes at the start, goes on while a probe finds more, and then only while the estimate is
/// below what the viewer would be sent if it could be. It never probes into a queue that grows or
/// into loss.
package struct ProbeController: Equatable, Sendable {
    /// The first two probes, in start rates: 3 and 6.
    static let initialScales = (3.0, 6.0)
    /// The first one of a viewer who began with care: 11 kB. Those two would be 50, and stand in the queue of a
    /// line of 1.2 Mbit/s for 340 ms, before everybody's sound.
    static let carefulScale = 2.0
    /// A probe that found 0.7 of its rate is followed by one of twice what it found.
    static let furtherThreshold = 0.7
    static let furtherScale = 2.0
    /// The result of a probe is awaited for 1 s.
    static let resultTimeout: Int64 = 1_000_000
    /// While the source is the limit, a probe of twice the estimate each 5 s.
    static let limitedInterval: Int64 = 5_000_000
    static let limitedScale = 2.0
    /// While the estimate is below 0.8 of what it was in the last minute, a probe each 2 s. The
    /// reference probes after a drop only while the source is the limit, and otherwise grows by some
    /// 50 kbit/s a second; with that, 2.5 Mbit/s are back after half a minute.
    static let recoveryInterval: Int64 = 2_000_000
    static let recoveryLevel = 0.8
    static let recoveryTime: Int64 = 60_000_000
    /// Below half of it, the link has collapsed, and may be back any moment: a probe of 0.85 of what it
    /// was, 0.5 s after the last decrease and with an empty queue; then each second, and after six in vain as
    /// after any drop. Probes of half that length cost less, but find more than a flow's share beside another.
    static let collapsedLevel = 0.5
    static let collapsedScale = 0.85
    static let collapsedInterval: Int64 = 1_000_000
    static let collapsedProbes = 6
    static let collapsedRest: Int64 = 500_000
    static let emptyQueue = Duration.milliseconds(30)
    /// Otherwise, a probe of 1.5 times the estimate each 10 s: what is sent may be a layer at 0.7 of
    /// the estimate, which is too much for the source to count as the limit and too little for the
    /// rate to grow.
    static let stagnationInterval: Int64 = 10_000_000
    static let stagnationScale = 1.5
    /// After a decrease, the queue is left to drain: 1 s.
    static let rest: Int64 = 1_000_000
    /// The estimate is as good as the wish from 0.95 of it on.
    static let satisfied = 0.95
    /// A probe asks for no more than 1.1 of the wish: what it finds beyond is of no use, and what the path
    /// does not carry of it stands in a queue, or drops what is sent beside it from a short one.
    static let desiredScale = 1.1
    /// A probe follows another's result only at a rate that is 1.05 of its: at the same it would find
    /// the same.
    static let furtherGrowth = 1.05
    /// Filling goes on for 100 ms at a time.
    static let fillDuration: Int64 = 100_000
    /// A probe's size: 5 packets and 30 ms.
    static let minimumPackets = 5
    static let minimumDuration: Int64 = 30_000
    /// A probe that the pacer has not sent after 1 s is given up.
    static let sendTimeout: Int64 = 1_000_000

    /// What keeps us from probing.
    package enum Constraint: Equatable, Sendable {
        case free
        /// Loss limits the rate, and it grows: 1.5 times the estimate at most.
        case careful
        /// The queue grows, packets are lost, or nothing is heard.
        case forbidden
        /// Another flow keeps the queue full: nothing is probed, but what is sent may be filled up.
        case competing

        var allowsProbes: Bool { self == .free || self == .careful }
    }

    /// What is to be sent now; and behind it.
    package private(set) var wanted: Probe?
    private var following: Probe?
    private var wantedSince = Instant.zero
    private var sentBytes = 0
    private var sentPackets = 0

    private var estimate: DataRate
    private var peak: DataRate
    private var peakAt: Instant
    private var constraint = Constraint.free
    private let maximum: DataRate
    /// What the viewer would be sent if nothing limited it.
    private(set) var desired: DataRate
    /// The most that was ever wished for.
    private var highestWish = DataRate.zero
    /// Much more is wanted than ever before: that is looked for without waiting.
    private var isUrgent = false
    private var lastCluster: UInt8 = 0
    private var lastProbe: Instant
    private var lastRate = DataRate.zero
    /// Probes in a row that a collapsed link did not answer with more.
    private var fruitless = 0
    private var awaitedUntil: Instant?
    /// An estimate above this, while a result is awaited, is a reason to go on.
    private var furtherFrom: DataRate?

    package init(start: DataRate, maximum: DataRate, at now: Instant) {
        estimate = start
        peak = start
        peakAt = now
        self.maximum = maximum
        desired = maximum
        lastProbe = now
    }

    /// The connection is up.
    ///
    /// - Parameter isCareful: what is sent already nearly fills a slow line, and must not wait.
    package mutating func begin(isCareful: Bool = false, at now: Instant) {
        let start = estimate
        guard !isCareful else { return request(start.scaled(by: Self.carefulScale), at: now) }
        request(start.scaled(by: Self.initialScales.0), at: now)
        request(start.scaled(by: Self.initialScales.1), at: now)
    }

    /// The viewer would be sent so much if nothing limited it.
    package mutating func wish(for rate: DataRate) {
        if highestWish > .zero, rate > highestWish.scaled(by: Self.desiredScale) {
            isUrgent = true
        }
        highestWish = max(highestWish, rate)
        desired = rate
    }

    /// A packet of the wanted probe went to the socket.
    package mutating func noteSent(bytes: Int, at now: Instant) {
        guard let probe = wanted else { return }
        sentBytes += bytes
        sentPackets += 1
        if sentBytes >= probe.minimumBytes, sentPackets >= probe.minimumPackets { finish(at: now) }
    }

    /// The estimate is `rate` now.
    package mutating func update(
        estimate rate: DataRate, constraint: Constraint, at now: Instant
    ) {
        self.constraint = constraint
        estimate = rate
        if rate >= peak || now.microseconds(since: peakAt) > Self.recoveryTime {
            peak = rate
            peakAt = now
        }
        if !constraint.allowsProbes, wanted?.cluster != 0 || constraint != .competing { cancel() }
        if rate >= peak.scaled(by: Self.recoveryLevel) { fruitless = 0 }
        guard awaitedUntil != nil, wanted == nil, let furtherFrom, rate > furtherFrom else {
            return
        }
        self.furtherFrom = nil
        let next = bounded(rate.scaled(by: Self.furtherScale))
        guard next > lastRate.scaled(by: Self.furtherGrowth) else { return }
        request(next, at: now)
    }

    /// What was taken for granted at the start has never been there.
    package mutating func forgetPeak(above rate: DataRate, at now: Instant) {
        cancel()
        (estimate, peak, peakAt) = (rate, rate, now)
    }

    /// Looks at the time.
    ///
    /// - Parameters:
    ///   - lastDecrease: when the queue last made the rate fall.
    ///   - queue: how long packets wait.
    package mutating func tick(
        isApplicationLimited: Bool, lastDecrease: Instant?, queue: Duration = .zero,
        at now: Instant
    ) {
        if wanted != nil, now.microseconds(since: wantedSince) > Self.sendTimeout { cancel() }
        if let until = awaitedUntil, now > until {
            awaitedUntil = nil
            furtherFrom = nil
        }
        guard wanted == nil, awaitedUntil == nil, constraint.allowsProbes,
            estimate < min(maximum, desired).scaled(by: Self.satisfied)
        else { return }
        // Where no queue made the rate fall it was loss: what a policer lets through is no measure.
        let hasCollapsed =
            lastDecrease != nil && estimate < peak.scaled(by: Self.collapsedLevel)
        let rest = hasCollapsed ? Self.collapsedRest : Self.rest
        if let lastDecrease, now.microseconds(since: lastDecrease) < rest { return }
        if hasCollapsed { return probeCollapsed(queue: queue, at: now) }
        let (interval, scale) = rhythm(isApplicationLimited)
        let hasRoom = queue <= Self.emptyQueue
        guard (isUrgent && hasRoom) || now.microseconds(since: lastProbe) >= interval else {
            return
        }
        request(estimate.scaled(by: scale), at: now)
    }

    private mutating func probeCollapsed(queue: Duration, at now: Instant) {
        let interval =
            fruitless < Self.collapsedProbes ? Self.collapsedInterval : Self.recoveryInterval
        guard queue <= Self.emptyQueue, now.microseconds(since: lastProbe) >= interval else {
            return
        }
        fruitless += 1
        request(
            max(
                estimate.scaled(by: Self.limitedScale), peak.scaled(by: Self.collapsedScale)),
            at: now)
    }

    /// Has what is sent filled up to `rate` for a while.
    package mutating func fill(at rate: DataRate, at now: Instant) {
        guard constraint == .competing, wanted == nil, rate < desired else { return }
        let bytes = max(1, Int(rate.bytes(in: Self.fillDuration)))
        start(Probe(cluster: 0, rate: rate, minimumPackets: 1, minimumBytes: bytes), at: now)
    }

    private func rhythm(_ isApplicationLimited: Bool) -> (interval: Int64, scale: Double) {
        if estimate < peak.scaled(by: Self.recoveryLevel) {
            return (Self.recoveryInterval, Self.limitedScale)
        }
        return isApplicationLimited
            ? (Self.limitedInterval, Self.limitedScale)
            : (Self.stagnationInterval, Self.stagnationScale)
    }

    /// What a probe may ask for at most.
    private func bounded(_ rate: DataRate) -> DataRate {
        let rate = min(rate, maximum, desired.scaled(by: Self.desiredScale))
        return constraint == .careful ? min(rate, estimate.scaled(by: 1.5)) : rate
    }

    private mutating func request(_ rate: DataRate, at now: Instant) {
        guard constraint.allowsProbes, following == nil else { return }
        let rate = bounded(rate)
        guard rate > estimate.scaled(by: 1.05), rate > wanted?.rate ?? .zero else { return }
        isUrgent = false
        lastCluster = lastCluster == 255 ? 1 : lastCluster + 1
        let probe = Probe(
            cluster: lastCluster, rate: rate, minimumPackets: Self.minimumPackets,
            minimumBytes: Int(rate.bytes(in: Self.minimumDuration)))
        lastProbe = now
        lastRate = rate
        furtherFrom = rate < maximum ? rate.scaled(by: Self.furtherThreshold) : nil
        if wanted == nil {
            start(probe, at: now)
        } else {
            following = probe
        }
    }

    private mutating func start(_ probe: Probe?, at now: Instant) {
        wanted = probe
        wantedSince = now
        sentBytes = 0
        sentPackets = 0
    }

    private mutating func finish(at now: Instant) {
        // What was filled is no measure.
        guard wanted?.cluster != 0 else { return start(nil, at: now) }
        awaitedUntil = now + .microseconds(Self.resultTimeout)
        lastProbe = now
        start(following, at: now)
        following = nil
    }

    private mutating func cancel() {
        wanted = nil
        following = nil
        awaitedUntil = nil
        furtherFrom = nil
    }
}
