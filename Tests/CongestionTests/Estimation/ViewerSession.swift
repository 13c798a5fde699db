import Congestion
import Links
import Primitives
import RTP

/// A sender with the estimator, a pacer and a source, and the viewer that tells it what arrived, as
/// bytes of transport-wide feedback. Time is virtual and moves in steps of a millisecond.
struct ViewerSession {
    /// What one look at the session shows.
    struct Sample {
        var time: Double
        var target: Double
        var capacity: Double
        var throughput: Double
        /// Milliseconds in the bottleneck's queue.
        var queue: Double
    }

    var estimator: BandwidthEstimator
    var source: VideoSource
    private var pacing: PacingBudget
    private var results = PacketResults()
    private var media: [Int] = []
    private var firstMedia = 0
    private var recorder = TransportFeedbackRecorder()
    private var arrivals: [(at: Instant, sequence: SequenceNumber, bytes: Int)] = []
    private var nextArrival = Instant.distantFuture
    private var feedback: [(at: Instant, bytes: [UInt8])] = []
    private var nextFeedback = Instant.zero
    private let feedbackInterval: Duration
    private let feedbackDelay: Duration
    /// The receiver's clock is ahead of ours by so much.
    private let clockOffset = Duration.seconds(5_000)
    private(set) var bytesArrived = 0
    private(set) var packetsSent = 0
    private(set) var packetsLost = 0
    private(set) var probeBytes = 0
    private var bytesArrivedBefore = 0
    private(set) var samples: [Sample] = []

    init(
        source: VideoSource, start: DataRate = .kilobitsPerSecond(300),
        maximum: DataRate = .kilobitsPerSecond(5000), at begin: Instant = .zero,
        feedbackInterval: Duration = .milliseconds(75),
        feedbackDelay: Duration = .milliseconds(25)
    ) {
        estimator = BandwidthEstimator(
            start: start, limits: .kilobitsPerSecond(50)...maximum, at: begin)
        estimator.noteDesired(source.desired)
        self.source = source
        pacing = PacingBudget(rate: start, at: begin)
        self.feedbackInterval = feedbackInterval
        self.feedbackDelay = feedbackDelay
        // Whatever happens at a fixed time falls at another moment of feedback with each seed.
        nextFeedback = begin + .milliseconds(Int64(source.seed % 1000) * 17 % 75)
    }

    var target: DataRate { estimator.target }

    mutating func step(over link: inout SimulatedLink, at now: Instant) {
        takeFeedback(at: now)
        if now.nanoseconds % 25_000_000 == 0 { estimator.tick(at: now) }
        produce(at: now)
        send(over: &link, at: now)
        receive(at: now)
        sample(link, at: now)
    }

    private mutating func produce(at now: Instant) {
        guard source.isDue(at: now) else { return }
        let packets = source.packets(target: estimator.target, at: now)
        // A frame that would wait for 400 ms in the pacer is not sent: a layer is switched instead.
        let waiting = media[firstMedia...].reduce(0, +)
        if Double(waiting) * 8 > Double(estimator.pacingRate.bitsPerSecond) * 0.4 { return }
        media.removeFirst(firstMedia)
        firstMedia = 0
        media += packets
    }

    private mutating func send(over link: inout SimulatedLink, at now: Instant) {
        pacing.setRate(estimator.sendingRate, isSmooth: estimator.wantsSpacing)
        let allowance = pacing.allowance(at: now)
        var (bytes, packets) = (0, 0)
        defer { if packets > 0 { pacing.noteSent(bytes: bytes, packets: packets, at: now) } }
        while bytes < allowance, packets < pacing.burst {
            let probe = estimator.wantedProbe
            let hasMedia = firstMedia < media.count
            guard hasMedia || probe != nil else { return }
            let size = hasMedia ? media[firstMedia] : 1200
            if hasMedia { firstMedia += 1 } else { probeBytes += size }
            (bytes, packets) = (bytes + size, packets + 1)
            let sequence = estimator.packetSent(size: size, isProbe: probe != nil, at: now)
            packetsSent += 1
            if let arrival = link.send(bytes: size, at: now) {
                arrivals.append((arrival, sequence, size))
                nextArrival = min(nextArrival, arrival)
            } else {
                packetsLost += 1
            }
        }
    }

    private mutating func receive(at now: Instant) {
        if nextArrival <= now { takeArrivals(at: now) }
        guard now >= nextFeedback else { return }
        nextFeedback = now + feedbackInterval
        while recorder.hasPending {
            var writer = ByteWriter(capacity: 1200)
            guard recorder.writeFeedback(sender: SSRC(1), media: SSRC(2), into: &writer)
            else { break }
            feedback.append((now + feedbackDelay, writer.array))
        }
    }

    private mutating func takeArrivals(at now: Instant) {
        let due = arrivals.filter { $0.at <= now }.sorted { $0.at < $1.at }
        arrivals.removeAll { $0.at <= now }
        nextArrival = arrivals.map(\.at).min() ?? .distantFuture
        for packet in due {
            recorder.record(sequence: packet.sequence, at: packet.at + clockOffset)
            bytesArrived += packet.bytes
        }
    }

    private mutating func takeFeedback(at now: Instant) {
        while let first = feedback.first, first.at <= now {
            feedback.removeFirst()
            read(first.bytes, at: now)
        }
    }

    private mutating func read(_ bytes: [UInt8], at now: Instant) {
        var cursor = RTCPCursor()
        guard case .transportFeedback(let control)? = try? cursor.next(in: bytes.rawSpan),
            let message = try? TransportFeedback(parsing: bytes.rawSpan, in: control)
        else { return }
        estimator.receive(message, in: bytes.rawSpan, at: now, using: &results)
    }

    private mutating func sample(_ link: SimulatedLink, at now: Instant) {
        guard now.nanoseconds % 20_000_000 == 0 else { return }
        let arrived = bytesArrived - bytesArrivedBefore
        bytesArrivedBefore = bytesArrived
        samples.append(
            Sample(
                time: Double(now.nanoseconds) / 1e9,
                target: Double(estimator.target.bitsPerSecond) / 1e6,
                capacity: Double(link.rate(at: now).bitsPerSecond) / 1e6,
                throughput: Double(arrived) * 8 / 0.02 / 1e6,
                queue: link.queueDelay(at: now).milliseconds))
    }
}

/// Runs sessions that share a link.
func run(
    _ sessions: inout [ViewerSession], over link: inout SimulatedLink, for duration: Duration
) {
    let steps = UInt64(duration.nanoseconds / 1_000_000)
    for step in 0..<steps {
        let now = Instant(nanoseconds: step * 1_000_000)
        for index in sessions.indices { sessions[index].step(over: &link, at: now) }
    }
}

func run(
    _ source: VideoSource, over link: SimulatedLink, for duration: Duration,
    maximum: DataRate = .kilobitsPerSecond(5000)
) -> ViewerSession {
    var sessions = [ViewerSession(source: source, maximum: maximum)]
    var link = link
    run(&sessions, over: &link, for: duration)
    return sessions[0]
}

extension Array where Element == ViewerSession.Sample {
    func between(_ start: Double, _ end: Double) -> [Element] {
        filter { $0.time >= start && $0.time < end }
    }

    func mean(_ value: (Element) -> Double) -> Double {
        isEmpty ? 0 : map(value).reduce(0, +) / Double(count)
    }

    /// The value that the share `quantile` of the samples does not exceed.
    func quantile(_ quantile: Double, _ value: (Element) -> Double) -> Double {
        let sorted = map(value).sorted()
        return sorted.isEmpty
            ? 0 : sorted[Swift.min(sorted.count - 1, Int(quantile * Double(sorted.count)))]
    }

    /// The first time from `start` on at which something holds; infinity when it never does.
    func firstTime(from start: Double, where holds: (Element) -> Bool) -> Double {
        first { $0.time >= start && holds($0) }?.time ?? .infinity
    }
}
