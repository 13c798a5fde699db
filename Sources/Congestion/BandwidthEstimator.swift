package import Primitives

/// What one viewer can be sent: the estimate of the path to it, from what it says arrived.
///
/// A value: packets, feedback and time in; a target, a pacing rate and a wanted probe out. What a
/// publisher loses on its way to us never comes here: the sequence numbers are this leg's own.
/// Docs/bandwidth-estimation.md is its page. In steady state nothing is allocated.
package struct BandwidthEstimator: Sendable {
    /// How the viewer tells what arrived.
    package enum Feedback: Equatable, Sendable {
        case transportWide
        /// The viewer estimates by itself (draft-alvestrand-rmcat-remb-03); we follow.
        case receiverEstimate
    }

    /// The pacer may send so much above the target: 1.5. A key frame is spread over twice as long as
    /// with the reference's 2.5, and waits here and not in the queue of the viewer's modem.
    static let pacingFactor = 1.5
    /// Without feedback on what is in flight for 1 s, or for three round trips, each 500 ms cost a
    /// fifth. The reference waits 3 s (send_side_bandwidth_estimation.cc), in which 3 s of media go
    /// into a queue that may still be there.
    static let silence: Int64 = 1_000_000
    static let silenceInterval: Int64 = 500_000
    static let silenceFactor = 0.8

    /// Packets that wait so long on their way tell of a path that has no room for bursts.
    static let noticedQueue = Duration.milliseconds(5)

    /// A path where the newest packet waits for less has room for what is sent.
    static let calmQueue = Duration.milliseconds(10)
    /// What is sent with care has had so long to make a queue before that is looked at: 60 ms from the first
    /// message that tells of it, the time to the second. Whoever gets sound alone is through after 2 s.
    static let careTime: Int64 = 60_000
    static let longestCare: Int64 = 2_000_000

    /// What is lost from a queue of 100 ms and more while it grows is lost because it is full. The rate
    /// falls for that, and not once more for the loss: a layer that is a tenth of the former one's takes
    /// seconds until what was lost before weighs little.
    static let fullQueue = Duration.milliseconds(100)
    /// Beside a flow that fills the queue, padding fills what is sent up to the target when less than
    /// 0.95 of it arrives: a layer far below the target would never show that there is more.
    static let filledShare = 0.95

    /// Packets lost in one message that count as a full queue where somebody else keeps it full: a
    /// single one may be the radio's.
    static let lossEvent = 2

    let limits: ClosedRange<DataRate>
    let feedbackKind: Feedback
    var history = SendHistory()
    var clock = ReceiverClock()
    var delay: DelayBasedEstimator
    var loss: LossBasedEstimator
    var acknowledged = AcknowledgedBitrate()
    var recent = RecentThroughput()
    var limited: ApplicationLimitedDetector
    var probes: ProbeController
    var probeResults = ProbeBitrateEstimator()
    var roundTrip = RoundTrip()
    var receiverEstimate: DataRate?
    var lastFeedbackCount: UInt8?
    var unsettledBytes = 0
    /// When feedback last came, or when waiting for it began.
    var lastHeard: Instant?
    private var lastSilenceStep: Instant?
    /// Nothing is probed, and what is sent is no faster than the target, until the path has shown what
    /// that does to its queue.
    package private(set) var isCareful = false
    /// When something was first told of, what had most weight was first sent, and that was first told of.
    private var careSince: Instant?
    private var bulkSince: Instant?
    private var heardSince: Instant?
    /// When the newest packet was sent that was told of.
    var newestTold = Instant.zero

    /// What was odd in the viewer's feedback.
    package internal(set) var violations = FeedbackViolations()
    /// How fast media may be sent, within the limits.
    package internal(set) var target: DataRate

    /// - Parameters:
    ///   - start: the target before anything is known.
    ///   - limits: the target never leaves them. The lower one is more than zero.
    package init(
        start: DataRate, limits: ClosedRange<DataRate>, feedback: Feedback = .transportWide,
        at now: Instant
    ) {
        let start = min(max(start, limits.lowerBound), limits.upperBound)
        self.limits = limits
        feedbackKind = feedback
        target = start
        delay = DelayBasedEstimator(start: start, at: now)
        loss = LossBasedEstimator(limits: limits)
        limited = ApplicationLimitedDetector(at: now)
        probes = ProbeController(start: start, maximum: limits.upperBound, at: now)
    }

    /// How fast packets may leave, so that a frame is spread.
    package var pacingRate: DataRate { target.scaled(by: Self.pacingFactor) }
    /// What the pacer is asked to send now, at its rate, from ``packetSent(size:isProbe:at:)`` to
    /// enough; `nil`: nothing but media.
    package var wantedProbe: Probe? { probes.wanted }
    /// How fast packets may leave now: a probe is faster.
    package var sendingRate: DataRate { max(wantedProbe?.rate ?? .zero, pacingRate) }
    /// Whether packets are to leave one by one: what a probe measures is their spacing, and where all
    /// that the path carries is used, a burst stands in its queue. Elsewhere a frame may go at once.
    package var wantsSpacing: Bool {
        wantedProbe != nil || (!isApplicationLimited && queueDelay >= Self.noticedQueue)
    }
    /// Whether the path has shown that it has a limit: before, the target may be what was assumed, or
    /// what has been tried.
    package private(set) var hasLimit = false
    package var usage: BandwidthUsage { delay.usage }
    package var isCompeting: Bool { delay.isCompeting }
    package var isApplicationLimited: Bool { limited.isLimited }
    /// How long packets wait in queues on their way; rises with what others send, too.
    package var queueDelay: Duration { delay.queueDelay }
    /// What arrives; `nil` until half a second of it was told of.
    package var throughput: DataRate? { acknowledged.rate }
    /// The share of bytes that were lost lately, 0...1.
    package var lossRatio: Double { loss.averageLoss }
    package var bytesInFlight: Int { history.bytesInFlight }

    /// Notes a packet that goes to the socket at `now`.
    ///
    /// - Parameters:
    ///   - size: bytes on the wire.
    ///   - isProbe: it is sent because of ``wantedProbe``, media or padding.
    /// - Returns: its transport-wide sequence number.
    package mutating func packetSent(size: Int, isProbe: Bool, at now: Instant) -> SequenceNumber {
        if lastHeard == nil {
            lastHeard = now
            if feedbackKind == .transportWide, !isCareful { beginProbing(at: now) }
        }
        if !history.hasInFlight { lastHeard = now }
        unsettledBytes += max(0, size)
        guard isProbe, let probe = probes.wanted else {
            return history.append(size: size, at: now)
        }
        let sequence = history.append(size: size, cluster: probe.cluster, at: now)
        probes.noteSent(bytes: size, at: now)
        expectProbe(after: probe)
        return sequence
    }

    /// Begins without probes: what is sent at first is much, and sound beside it must not wait. Once
    /// something was sent this does nothing.
    package mutating func beginWithCare() {
        if lastHeard == nil, feedbackKind == .transportWide { isCareful = true }
    }

    /// Pictures begin to be sent, after sound perhaps, which makes no queue.
    package mutating func noteBulk(at now: Instant) {
        if isCareful, bulkSince == nil { bulkSince = now }
    }

    /// What is told of pictures ends the careful beginning: with the probes that were left out, or, where a
    /// queue stands at the careful pace already, with what arrives.
    mutating func endCare(at now: Instant) {
        guard isCareful, let recent = recent.rate, isCareOver(at: now) else { return }
        isCareful = false
        guard delay.queueDelay >= Self.calmQueue else {
            return beginProbing(isCareful: true, at: now)
        }
        delay.limit(to: recent, at: now)
        settle(at: now)
        probes.forgetPeak(above: target, at: now)
    }

    private mutating func isCareOver(at now: Instant) -> Bool {
        let began = careSince ?? now
        careSince = began
        guard let bulkSince, newestTold >= bulkSince else {
            return now.microseconds(since: began) >= Self.longestCare
        }
        let heard = heardSince ?? now
        heardSince = heard
        return now.microseconds(since: heard) >= Self.careTime
    }

    /// The viewer's own estimate: the target does not exceed it, and follows it where there is no
    /// transport-wide feedback.
    package mutating func noteREMB(_ rate: DataRate, at now: Instant) {
        receiverEstimate = rate
        settle(at: now)
    }

    /// A round trip that reports measured (RFC 3550 §6.4.1).
    package mutating func noteRoundTrip(_ duration: Duration, at now: Instant) {
        roundTrip.noteReported(duration.nanoseconds / 1000, at: now)
    }

    /// What the viewer would be sent if nothing limited it: the best layers of all that it watches.
    /// At this rate there is nothing to probe for.
    package mutating func noteDesired(_ rate: DataRate) { probes.wish(for: rate) }

    /// Looks at the time; at least each 25 ms while something is sent.
    package mutating func tick(at now: Instant) {
        guard feedbackKind == .transportWide else { return }
        updateLimited(at: now)
        backOffInSilence(at: now)
        guard !isCareful else { return }
        let before = probes.wanted
        probes.tick(
            isApplicationLimited: limited.isLimited, lastDecrease: delay.control.lastDecrease,
            queue: delay.queueDelay, at: now)
        fill(at: now)
        if before == nil { expectProbe(after: nil) }
    }

    private mutating func fill(at now: Instant) {
        guard delay.isCompeting, let rate = acknowledged.rate,
            rate < target.scaled(by: Self.filledShare)
        else { return }
        probes.fill(at: target, at: now)
    }

    private mutating func beginProbing(isCareful: Bool = false, at now: Instant) {
        probes.begin(isCareful: isCareful, at: now)
        expectProbe(after: nil)
    }

    /// Prepares for the results of a probe that is new.
    mutating func expectProbe(after old: Probe?) {
        guard let probe = probes.wanted, probe.cluster != 0, probe != old else { return }
        probeResults.expect(probe)
    }

    mutating func updateLimited(at now: Instant) {
        let wasLimited = limited.isLimited
        limited.update(sent: unsettledBytes, target: target, at: now)
        unsettledBytes = 0
        if wasLimited, !limited.isLimited { acknowledged.expectFastChange() }
    }

    private mutating func backOffInSilence(at now: Instant) {
        guard let lastHeard, history.hasInFlight else { return }
        let patience = max(Self.silence, 3 * roundTrip.value)
        guard now.microseconds(since: lastHeard) > patience else {
            lastSilenceStep = nil
            return
        }
        if let lastSilenceStep, now.microseconds(since: lastSilenceStep) < Self.silenceInterval {
            return
        }
        lastSilenceStep = now
        delay.set(max(limits.lowerBound, target.scaled(by: Self.silenceFactor)), at: now)
        settle(at: now)
        probes.update(estimate: target, constraint: .forbidden, at: now)
    }

    /// Puts the target together.
    mutating func settle(at now: Instant) {
        var rate = delay.rate
        if feedbackKind == .receiverEstimate {
            rate = receiverEstimate ?? target
        } else {
            // Beside a flow that fills the queue, the rate follows each loss already.
            if let limit = loss.rate, !delay.isCompeting { rate = min(rate, limit) }
            if let receiverEstimate { rate = min(rate, receiverEstimate) }
        }
        if rate < target { hasLimit = true }
        target = min(max(rate, limits.lowerBound), limits.upperBound)
    }
}
