package import Primitives

/// The half of the estimate that follows delays: groups, their trend, what it means, and the rate
/// (draft-ietf-rmcat-gcc-02 §5; delay_based_bwe.cc).
package struct DelayBasedEstimator: Equatable, Sendable {
    /// Without an arrival for so long, we begin anew: 2 s.
    static let timeout: Int64 = 2_000_000

    /// Overuse with less of a queue than this is none: 25 ms.
    static let minimumQueue: Int64 = 25_000
    /// Until the rate has fallen for the first time, overuse is also a queue of 50 ms in which all packets of
    /// a message waited: a trend takes twenty groups and half a second, which fill that queue.
    static let firstQueue: Int64 = 50_000
    /// A queue that neither grows nor empties has no trend. Where all packets of a message waited for 120 ms,
    /// 300 ms after the last decrease, that decrease was not enough.
    static let lastingQueue: Int64 = 120_000
    static let lastingPatience: Int64 = 300_000
    /// And it is one that stands: for 50 ms packets arrived that waited. What was only held back for a while
    /// says nothing of what the link carries.
    static let standingTime: Int64 = 50_000
    /// A queue that a large frame of ours may make: up to 100 ms, while 1.05 times the target
    /// arrives.
    static let burstQueue: Int64 = 100_000
    static let burstFactor = 1.05
    /// While 20 ms wait, what arrives is what the link carries. That counts when it is 1.5 of what
    /// arrived at the last decrease: a fade is over. With less, a decrease would undo itself.
    static let busyQueue: Int64 = 20_000
    static let returnFactor = 1.5
    /// Beside a flow that fills the queue we begin with 0.3 of the rate that we had before it came: what
    /// was given up until it was noticed was given up for nothing.
    static let competingShare = 0.3

    private var groups = InterArrival()
    private var trendline = TrendlineEstimator()
    private var detector = OveruseDetector()
    private var queue = QueueDelay()
    private var collapse = CollapseDetector()
    private var competition = CompetitionDetector()
    private(set) var control: AIMDController
    private var lastArrival: Instant?
    /// All packets of the newest message waited for long, though the rate fell a while ago.
    private var isStanding = false
    /// What the newest packet of the message before waited.
    private var queueBefore: Int64 = 0
    /// The rate when the queue was last empty.
    private var rateWhenEmpty: DataRate?

    init(start: DataRate, at now: Instant) {
        control = AIMDController(start: start, at: now)
    }

    package var usage: BandwidthUsage {
        collapse.isCollapsing || isOverfilled || isStanding ? .overuse : detector.usage
    }
    /// Before the first decrease, a queue in which each packet of a message waited is ours.
    private var isOverfilled: Bool {
        control.lastDecrease == nil && (queue.least ?? 0) >= Self.firstQueue
    }
    package var rate: DataRate { control.rate }
    /// Another flow keeps the queue full, and delay says nothing of us.
    package var isCompeting: Bool { competition.isCompeting }
    package var queueDelay: Duration { .microseconds(max(0, queue.current)) }
    package var threshold: Double { detector.threshold }
    /// Packets have waited, one after the other: what has just been measured is the link.
    var isBusy: Bool { queue.busyTime >= Self.standingTime / 2 }

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
        collapse = CollapseDetector()
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

    /// A message ends.
    mutating func end(at now: Instant) {
        guard queue.least != nil else { return }
        collapse.note(queue: queue.current, arrival: queue.arrival)
        isStanding =
            (queue.least ?? 0) >= Self.lastingQueue && queue.current >= queueBefore
            && now.microseconds(since: control.lastDecrease ?? .zero) >= Self.lastingPatience
        noteQueue(at: now)
    }

    /// Sets the rate from what the message told.
    ///
    /// - Parameters:
    ///   - throughput: what arrives.
    ///   - recent: what arrived in the last tenth of a second.
    ///   - probe: what a probe measured, when one is complete.
    ///   - isLost: the message told of loss.
    /// - Returns: true when the rate fell.
    mutating func update(
        throughput: DataRate?, recent: DataRate?, probe: DataRate?, isLost: Bool,
        at now: Instant
    ) -> Bool {
        defer { queueBefore = queue.current }
        if isCompeting {
            control.compete(throughput: throughput, isLost: isLost, at: now)
            return false
        }
        if let recent, isReturning(recent) {
            control.apply(probe: recent.scaled(by: AIMDController.beta), at: now)
            return false
        }
        switch usage {
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
    /// a handover. Where the queue was empty, what still waits is a queue.
    private mutating func noteQueue(at now: Instant) {
        guard let least = queue.least else { return }
        let wasCompeting = isCompeting
        competition.note(queue: least, at: now)
        if wasCompeting, !isCompeting, least >= CompetitionDetector.emptyQueue { queue.rebase() }
        if !isCompeting, least < CompetitionDetector.emptyQueue { rateWhenEmpty = control.rate }
        if !wasCompeting, isCompeting, let before = rateWhenEmpty {
            control.set(max(control.rate, before.scaled(by: Self.competingShare)), at: now)
        }
    }

    /// Whether the queue drains much faster than the link was last known to carry.
    private func isReturning(_ recent: DataRate) -> Bool {
        guard queue.current >= Self.busyQueue, queue.current < queueBefore,
            let before = control.decreasedFrom
        else { return false }
        return recent > before.scaled(by: Self.returnFactor)
            && recent.scaled(by: AIMDController.beta) > control.rate
    }

    /// False when there is hardly a queue: then the trend is noise, or still shows what the last
    /// decrease has mended, and what arrives is what the source sends, not what the link carries.
    /// And false when the queue grows although more arrives than the target: then it is the pacer's,
    /// which sends a large frame faster than the target, and empties by itself.
    private func isCongestion(throughput: DataRate) -> Bool {
        guard queue.current >= Self.minimumQueue, queue.busyTime >= Self.standingTime else {
            return false
        }
        return queue.current >= Self.burstQueue
            || throughput <= control.rate.scaled(by: Self.burstFactor)
    }

    /// What arrives is what the link carries, as a queue says before there is a trend.
    mutating func limit(to throughput: DataRate, at now: Instant) {
        control.decrease(
            throughput: throughput, queue: Double(max(0, queue.current)) / 1e6, at: now)
    }

    /// Sets the rate because of something else than delays.
    mutating func set(_ rate: DataRate, at now: Instant) { control.set(rate, at: now) }
}
