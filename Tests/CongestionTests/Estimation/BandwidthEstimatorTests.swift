import Congestion
import Links
import Primitives
import Testing

@Suite("The estimator of one viewer")
struct BandwidthEstimatorTests {
    private static let limits = DataRate.kilobitsPerSecond(100)...DataRate.kilobitsPerSecond(3000)

    @Test("begins at the start rate, within the limits")
    func start() {
        for (start, target) in [(50, 100), (500, 500), (9000, 3000)] as [(Int64, Int64)] {
            let estimator = BandwidthEstimator(
                start: .kilobitsPerSecond(start), limits: Self.limits, at: .zero)
            #expect(estimator.target == .kilobitsPerSecond(target))
            #expect(estimator.pacingRate.bitsPerSecond == target * 1500)
        }
    }

    @Test("follows REMB, and only that, where there is no transport-wide feedback")
    func receiverEstimate() {
        var estimator = BandwidthEstimator(
            start: .kilobitsPerSecond(500), limits: Self.limits, feedback: .receiverEstimate,
            at: .zero)
        _ = estimator.packetSent(size: 1200, isProbe: false, at: .zero)
        #expect(estimator.wantedProbe == nil)
        for (remb, target) in [(1500, 1500), (20, 100), (90_000, 3000)] as [(Int64, Int64)] {
            estimator.noteREMB(.kilobitsPerSecond(remb), at: .zero + .seconds(1))
            #expect(estimator.target == .kilobitsPerSecond(target))
        }
        estimator.tick(at: .zero + .seconds(60))
        #expect(estimator.target == .kilobitsPerSecond(3000))
    }

    @Test("REMB is a bound where there is transport-wide feedback")
    func bound() {
        var estimator = BandwidthEstimator(
            start: .kilobitsPerSecond(500), limits: Self.limits, at: .zero)
        estimator.noteREMB(.kilobitsPerSecond(300), at: .zero)
        #expect(estimator.target == .kilobitsPerSecond(300))
        estimator.noteREMB(.kilobitsPerSecond(2000), at: .zero)
        #expect(estimator.target == .kilobitsPerSecond(500))
    }

    @Test("probes with the first packet")
    func firstProbe() {
        var estimator = BandwidthEstimator(
            start: .kilobitsPerSecond(400), limits: Self.limits, at: .zero)
        #expect(estimator.wantedProbe == nil)
        _ = estimator.packetSent(size: 100, isProbe: false, at: .zero)
        #expect(estimator.wantedProbe?.rate == .kilobitsPerSecond(1200))
    }

    @Test("probes for no more than what is wanted")
    func desired() {
        var estimator = BandwidthEstimator(
            start: .kilobitsPerSecond(400), limits: Self.limits, at: .zero)
        estimator.noteDesired(.kilobitsPerSecond(1000))
        for _ in 0..<20 {
            if let probe = estimator.wantedProbe {
                #expect(probe.rate == .kilobitsPerSecond(1100))
            }
            _ = estimator.packetSent(size: 1200, isProbe: true, at: .zero)
        }
        #expect(estimator.wantedProbe == nil, "there is no second one of the same rate")
    }

    @Test("without feedback for a second it backs off, to the minimum and not below")
    func silence() {
        var estimator = BandwidthEstimator(
            start: .kilobitsPerSecond(1000), limits: Self.limits, at: .zero)
        var targets: [Int64] = []
        for step in 0..<1000 as Range<Int64> {
            let now = Instant.zero + .milliseconds(step * 20)
            _ = estimator.packetSent(size: 1200, isProbe: false, at: now)
            estimator.tick(at: now)
            if step % 50 == 0 { targets.append(estimator.target.bitsPerSecond / 1000) }
        }
        #expect(targets[1] == 1000 && targets[3] < 800 && targets[19] == 100)
        #expect(targets == targets.sorted(by: >))
    }

    @Test("silence while nothing is sent is no sign")
    func idle() {
        var estimator = BandwidthEstimator(
            start: .kilobitsPerSecond(1000), limits: Self.limits, at: .zero)
        for step in 0..<100 as Range<Int64> {
            estimator.tick(at: .zero + .milliseconds(step * 100))
        }
        #expect(estimator.target == .kilobitsPerSecond(1000))
    }

    /// What a publisher loses is never sent to the viewer, and takes no number of the viewer's leg:
    /// the source here loses one packet in twenty before they are numbered.
    @Test("a publisher's loss is none of the viewer's")
    func publisherLoss() {
        var targets: [Double] = []
        for loss in [0.0, 0.05] {
            var sum = 0.0
            for seed in seeds {
                var source = VideoSource(.adaptive(maximum: .kilobitsPerSecond(3000)), seed: seed)
                source.publisherLoss = loss
                let link = SimulatedLink(.constant(.kilobitsPerSecond(2500)), seed: seed)
                let session = run(source, over: link, for: .seconds(30))
                #expect(session.estimator.lossRatio == 0)
                sum += session.samples.between(10, 30).mean { $0.target }
            }
            targets.append(sum)
        }
        reached("publisher loss: target / without", [targets[1] / targets[0]], bound: "± 5 %")
        #expect((targets[1] / targets[0] - 1).magnitude < 0.05)
    }

    @Test("one takes about 11 kB, of which 8 are the send history")
    func memory() {
        let arrays =
            8 * Limits.sendHistory  // packets
            + 8 * 96  // recent arrivals
            + 2 * 8 * TrendlineEstimator.windowSize + 24 * 15  // trend and loss windows
            + 128 * Limits.probeClusters
        let bytes = MemoryLayout<BandwidthEstimator>.size + arrays
        reached("bytes of one estimator", [Double(bytes)], bound: "≤ 12,000")
        #expect(bytes <= 12_000)
    }
}
