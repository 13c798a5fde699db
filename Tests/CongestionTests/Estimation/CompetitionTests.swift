import Congestion
import Flows
import Links
import Primitives
import Testing

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
    }
}
