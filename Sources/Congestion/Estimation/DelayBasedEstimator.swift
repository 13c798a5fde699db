package import Primitives

/// The half of the estimate that follows delays: groups, their trend, what it means, and the rate
/// (draft-ietf-rmcat-gcc-02 §5; delay_based_bwe.cc).
package struct DelayBasedEstimator: Equatable, Sendable {
    /// Without an arrival for so long, we begin anew: 2 s.
    static let timeout: Int64 = 2_000_000

    /// Overuse with less of a queue than this is none: 25 ms.
    static let minimumQueue: Int64 = 25_000
    /// A queue that a large frame of ours may make: up to 100 ms, while 1.05 times the target
    /// arrives.
    static let burstQueue: Int64 = 100_000
    static let burstFactor = 1.05

    private var groups = InterArrival()
    private var trendline = TrendlineEstimator()
    private var detector = OveruseDetector()
    private var queue = QueueDelay()
    private var competition = CompetitionDetector()
    private(set) var control: AIMDController
    private var lastArrival: Instant?

    init(start: DataRate, at now: Instant) {
        control = AIMDController(start: start, at: now)
    }

    package var usage: BandwidthUsage { detector.usage }
    package var rate: DataRate { control.rate }
    /// Another flow keeps the queue full, and delay says nothing of us.
    package var isCompeting: Bool { competition.isCompeting }
    package var queueDelay: Duration { .microseconds(max(0, queue.current)) }
    package var threshold: Double { detector.threshold }

    mutating func setRoundTrip(_ microseconds: Int64) { control.roundTrip = microseconds }

    /// A message begins.
    mutating func begin(at now: Instant) {
        if let lastArrival, now.microseconds(since: lastArrival) > Self.timeout { reset() }
        queue.begin(at: now)
    }

    /// Forgets delays: they do not compare with what comes.
    mutating func reset() {
        groups = InterArrival()
        trendline.reset()
        detector = OveruseDetector()
        queue = QueueDelay()
        competition = CompetitionDetector()
    }

    /// A packet arrived; in the order of arrival.
    mutating func add(sent: Instant, arrival: Int64, at now: Instant) {
        lastArrival = now
        queue.add(sent: sent, arrival: arrival)
        guard let delta = groups.add(sent: sent, arrival: arrival) else { return }
        trendline.add(growth: delta.arrival - delta.send, completed: delta.completed)
        detector.update(
            slope: trendline.slope, groups: trendline.count, sendDelta: delta.send,
            completed: delta.completed)
    }

    /// Sets the rate from what the message told.
    ///
    /// - Parameters:
    ///   - throughput: what arrives.
    ///   - probe: what a probe measured, when one is complete.
    ///   - isLost: the message told of loss.
    /// - Returns: true when the rate fell.
    mutating func update(
        throughput: DataRate?, probe: DataRate?, isLost: Bool, at now: Instant
    ) -> Bool {
        noteQueue(at: now)
        if isCompeting {
            control.compete(throughput: throughput, isLost: isLost, at: now)
            return false
        }
        switch detector.usage {
        case .overuse:
            let arriving = throughput ?? control.rate.scaled(by: 0.5)
            guard isCongestion(throughput: arriving) else {
                control.hold()
                return false
            }
            guard control.mayDecrease(throughput: arriving, at: now) else { return false }
            let before = control.rate
            control.decrease(
                throughput: arriving, queue: Double(max(0, queue.current)) / 1e6, at: now)
            competition.noteDecrease()
            return control.rate < before
        case .underuse: control.hold()
        case .normal: control.increase(throughput: throughput, at: now)
        }
        if let probe { control.apply(probe: probe, at: now) }
        return false
    }

    /// A competition that ends without an empty queue was none: the way is longer than it was, after
    /// a handover.
    private mutating func noteQueue(at now: Instant) {
        guard let least = queue.least else { return }
        let wasCompeting = isCompeting
        competition.note(queue: least, at: now)
        if wasCompeting, !isCompeting { queue.rebase() }
    }

    /// False when there is hardly a queue: then the trend is noise, or still shows what the last
    /// decrease has mended, and what arrives is what the source sends, not what the link carries.
    /// And false when the queue grows although more arrives than the target: then it is the pacer's,
    /// which sends a large frame faster than the target, and empties by itself.
    private func isCongestion(throughput: DataRate) -> Bool {
        guard queue.current >= Self.minimumQueue else { return false }
        return queue.current >= Self.burstQueue
            || throughput <= control.rate.scaled(by: Self.burstFactor)
    }

    /// Sets the rate because of something else than delays.
    mutating func set(_ rate: DataRate, at now: Instant) { control.set(rate, at: now) }
}
