import Flows
import Links
import Primitives
import Testing

@testable import Congestion

@Suite("Bandwidth estimation beside TCP")
struct CompetitionTests {
    /// A viewer and a download with CUBIC through 300 ms of drop-tail queue.
    private func share(
        _ megabits: Double, download: ClosedRange<Int64>, seconds: UInt64, seed: UInt64
    ) -> ViewerSession {
        var link = SimulatedLink(
            .constant(DataRate(bitsPerSecond: Int64(megabits * 1e6))),
            jitter: .init(maximum: .milliseconds(2)), seed: seed)
        var session = ViewerSession(
            source: VideoSource(.adaptive(maximum: .kilobitsPerSecond(5000)), seed: seed))
        var cubic = CubicFlow(
            from: .zero + .seconds(download.lowerBound), to: .zero + .seconds(download.upperBound))
        for step in 0..<seconds * 1000 {
            let now = Instant(nanoseconds: step * 1_000_000)
            session.step(over: &link, at: now)
            cubic.step(over: &link, at: now)
        }
        return session
    }

    @Test("a download gets its half, and no more", arguments: [3.0, 6.0])
    func fairShare(megabits: Double) throws {
        var shares: [Double] = []
        for seed in seeds {
            let session = share(megabits, download: 5...100, seconds: 65, seed: seed)
            let throughput = session.samples.between(15, 65).mean { $0.throughput }
            shares.append(throughput / (megabits / 2))
        }
        reached("CUBIC, \(megabits) Mbit/s: share / fair share", shares, bound: "0.5...2")
        #expect(shares.allSatisfy { (0.5...2).contains($0) })
    }

    @Test("when the download ends, the queue empties and the rate comes back")
    func afterwards() throws {
        var (queue, back) = ([Double](), [Double]())
        for seed in seeds {
            let session = share(3, download: 5...35, seconds: 65, seed: seed)
            let samples = session.samples
            queue.append(samples.between(45, 65).quantile(0.95) { $0.queue })
            back.append(samples.firstTime(from: 35) { $0.target >= 0.8 * 3 } - 35)
            #expect(!session.estimator.isCompeting)
            if seed == 3 { try writeFigure("cubic", samples) }
        }
        reached("after CUBIC: p95 of the queue from 10 s on, ms", queue, bound: "≤ 150")
        reached("after CUBIC: back at 80 % after, s", back, bound: "≤ 15")
        #expect(queue.allSatisfy { $0 <= 150 } && back.allSatisfy { $0 <= 15 })
    }

    @Test("two decreases and four seconds without an empty queue; and until it is empty")
    func detector() {
        var detector = CompetitionDetector()
        func note(_ queue: Int64, _ from: Int64, _ to: Int64) {
            for tenth in from * 10..<to * 10 {
                detector.note(queue: queue * 1000, at: .zero + .milliseconds(tenth * 100))
            }
        }
        note(5, 0, 1)
        detector.noteDecrease()
        note(200, 1, 10)
        #expect(!detector.isCompeting)
        detector.noteDecrease()
        note(200, 10, 11)
        #expect(detector.isCompeting)
        note(60, 11, 12)
        #expect(detector.isCompeting)
        note(40, 12, 13)
        #expect(!detector.isCompeting)

        // Known, it is there again after one decrease and a second; unknown, it is not.
        note(200, 13, 17)
        #expect(!detector.isCompeting)
        detector.noteDecrease()
        note(200, 17, 18)
        #expect(detector.isCompeting)
        note(5, 18, 60)
        note(200, 60, 61)
        detector.noteDecrease()
        note(200, 61, 70)
        #expect(!detector.isCompeting)
    }

    /// A message about packets that waited for `queue` milliseconds on a way of 25.
    private func tell(
        _ estimator: inout DelayBasedEstimator, queue: Int64, at now: Instant
    ) {
        estimator.begin(at: now)
        for packet in 0..<5 {
            let sent = now + .milliseconds(packet * 10 - 50)
            let arrival = sent.microseconds(since: .zero) + (25 + queue) * 1000
            estimator.add(sent: sent, arrival: arrival, at: now)
        }
        estimator.end(at: now)
        let rate = DataRate.kilobitsPerSecond(300)
        _ = estimator.update(
            throughput: rate, recent: rate, probe: nil, isLost: false, at: now)
    }

    @Test(
        "when the queue was empty, what waits after a competition is queued; else the way is longer",
        arguments: [(ended: Int64(20), queue: 80), (ended: 60, queue: 20)])
    func base(ended: Int64, queue: Int) {
        var estimator = DelayBasedEstimator(start: .kilobitsPerSecond(1000), at: .zero)
        var now = Instant.zero + .seconds(1)
        func run(queue: Int64, milliseconds: Int) {
            for _ in 0..<milliseconds / 50 {
                tell(&estimator, queue: queue, at: now)
                now = now + .milliseconds(50)
            }
        }
        run(queue: 0, milliseconds: 500)
        run(queue: 300, milliseconds: 8000)
        #expect(estimator.isCompeting)
        run(queue: ended, milliseconds: 1000)
        #expect(!estimator.isCompeting)
        run(queue: 80, milliseconds: 50)
        #expect(estimator.queueDelay == .milliseconds(queue))
    }
}
