import Congestion
import Links
import Primitives
import Testing

private func megabits(_ value: Double) -> DataRate { DataRate(bitsPerSecond: Int64(value * 1e6)) }

private func at(_ seconds: Double) -> Instant { Instant(nanoseconds: UInt64(seconds * 1e9)) }

/// The arrival jitter that every path has: 3 ms.
private let jitter = SimulatedLink.Jitter(maximum: .milliseconds(3))

/// 50 ms there and back, 300 ms of drop-tail queue.
private func link(
    _ schedule: RateSchedule, _ bottleneck: SimulatedLink.Bottleneck = .delay(.milliseconds(300)),
    loss: LossProcess = .none, seed: UInt64
) -> SimulatedLink {
    SimulatedLink(schedule, bottleneck: bottleneck, jitter: jitter, loss: loss, seed: seed)
}

private let simulcast = VideoSource.Rate.layers([0.15, 0.5, 1.2, 2.2].map(megabits))
private let anyRate = VideoSource.Rate.adaptive(maximum: megabits(5))
@Suite("Bandwidth estimation over simulated links")
struct EstimationScenarios {
    private static let step = RateSchedule([
        .init(start: .zero, rate: megabits(2.5)), .init(start: at(15), rate: megabits(0.6)),
        .init(start: at(30), rate: megabits(2.5)),
    ])

    @Test("a link drops from 2.5 to 0.6 Mbit/s and comes back", arguments: [false, true])
    func step(isLayered: Bool) throws {
        var (down, queue, back, after) = ([Double](), [Double](), [Double](), [Double]())
        for seed in seeds {
            let source = VideoSource(isLayered ? simulcast : anyRate, seed: seed)
            let session = run(
                source, over: link(Self.step, seed: seed), for: .seconds(45))
            let samples = session.samples
            down.append(samples.firstTime(from: 15) { $0.target < 0.6 } - 15)
            queue.append(samples.between(16, 30).quantile(0.95) { $0.queue })
            back.append(samples.firstTime(from: 30) { $0.target >= 0.9 * 2.5 } - 30)
            after.append(samples.between(36, 45).mean { $0.target } / 2.5)
            if seed == 3 { try writeFigure(isLayered ? "step-layers" : "step", samples) }
        }
        let name = isLayered ? "step, layers" : "step"
        reached("\(name): below the new capacity after, s", down, bound: "≤ 0.7")
        reached("\(name): p95 of the queue from 1 s after on, ms", queue, bound: "≤ 150")
        reached("\(name): back at 90 % after, s", back, bound: "≤ 6")
        reached("\(name): target / capacity from 6 s after on", after, bound: "≥ 0.8")
        #expect(down.allSatisfy { $0 <= 0.7 })
        #expect(queue.allSatisfy { $0 <= 150 })
        #expect(back.allSatisfy { $0 <= 6 })
        #expect(after.allSatisfy { $0 >= 0.8 })
    }

    @Test("a buffer of bytes, 94 kB, is 300 ms of 2.5 Mbit/s and 1.25 s of 0.6")
    func deepBuffer() {
        var (down, drained) = ([Double](), [Double]())
        for seed in seeds {
            let session = run(
                VideoSource(anyRate, seed: seed),
                over: link(Self.step, .queue(bytes: 94_000), seed: seed), for: .seconds(30))
            down.append(session.samples.firstTime(from: 15) { $0.target < 0.6 } - 15)
            drained.append(session.samples.firstTime(from: 15.5) { $0.queue < 100 } - 15)
        }
        reached("deep buffer: below the new capacity after, s", down, bound: "≤ 0.7")
        reached("deep buffer: the queue is below 100 ms after, s", drained, bound: "≤ 4")
        #expect(down.allSatisfy { $0 <= 0.7 } && drained.allSatisfy { $0 <= 4 })
    }

    @Test(
        "loss that does not come with the rate does not collapse it",
        arguments: [
            ("no loss", LossProcess.none, 0.8), ("random 5 %", .random(0.05), 0.7),
            ("random 10 %", .random(0.1), 0.5),
            ("bursts of 4, 5 %", .bursts(ratio: 0.05, length: 4), 0.7),
        ])
    func constantLoss(name: String, loss: LossProcess, bound: Double) throws {
        var mean: [Double] = []
        for seed in seeds {
            let session = run(
                VideoSource(anyRate, seed: seed),
                over: link(.constant(megabits(2.5)), loss: loss, seed: seed), for: .seconds(40))
            mean.append(session.samples.between(10, 40).mean { $0.target } / 2.5)
            if seed == 3, loss == .random(0.05) { try writeFigure("loss", session.samples) }
        }
        reached("\(name): mean target / capacity", mean, bound: "≥ \(bound)")
        #expect(mean.allSatisfy { $0 >= bound })
    }

    @Test("two flows share 3 Mbit/s")
    func twoFlows() {
        var (shares, queue) = ([Double](), [Double]())
        for seed in seeds {
            var shared = link(.constant(megabits(3)), seed: seed)
            var sessions = [UInt64(0), 1].map {
                ViewerSession(
                    source: VideoSource(anyRate, seed: seed + 100 * $0))
            }
            run(&sessions, over: &shared, for: .seconds(60))
            shares += sessions.map { $0.samples.between(20, 60).mean { $0.throughput } / 1.5 }
            queue.append(sessions[0].samples.between(20, 60).quantile(0.95) { $0.queue })
        }
        reached("two flows: share / fair share", shares, bound: "0.5...2")
        reached("two flows: p95 of the queue, ms", queue, bound: "≤ 150")
        #expect(shares.allSatisfy { (0.5...2).contains($0) } && queue.allSatisfy { $0 <= 150 })
    }

    @Test("a source of 300 kbit/s on 5 Mbit/s: probing finds what there is")
    func applicationLimited() throws {
        var (found, queue) = ([Double](), [Double]())
        for seed in seeds {
            var session = ViewerSession(
                source: VideoSource(.layers([megabits(0.3)]), seed: seed))
            session.estimator.noteDesired(megabits(5))
            var sessions = [session]
            var path = link(.constant(megabits(5)), seed: seed)
            run(&sessions, over: &path, for: .seconds(20))
            let samples = sessions[0].samples
            found.append(samples.firstTime(from: 0) { $0.target >= 2.5 })
            queue.append(samples.map(\.queue).max() ?? 0)
            if seed == 3 { try writeFigure("limited", samples) }
        }
        reached("application limited: 2.5 Mbit/s found after, s", found, bound: "≤ 10")
        reached("application limited: longest queue, ms", queue, bound: "≤ 100")
        #expect(found.allSatisfy { $0 <= 10 } && queue.allSatisfy { $0 <= 100 })
    }

    /// At such a rate a probe's five packets take longer than a message of feedback comes after.
    @Test("a start at 60 kbit/s finds 2.5 Mbit/s as well")
    func slowStart() {
        var found: [Double] = []
        for seed in seeds {
            var sessions = [
                ViewerSession(
                    source: VideoSource(anyRate, seed: seed), start: .kilobitsPerSecond(60))
            ]
            var path = link(.constant(megabits(2.5)), seed: seed)
            run(&sessions, over: &path, for: .seconds(15))
            found.append(sessions[0].samples.firstTime(from: 0) { $0.target >= 2 })
        }
        reached("start at 60 kbit/s: 2 Mbit/s found after, s", found, bound: "≤ 5")
        #expect(found.allSatisfy { $0 <= 5 })
    }

    @Test("a link that grows from 0.4 to 5 Mbit/s under a source of 300 kbit/s is found")
    func growsWhileLimited() {
        let schedule = RateSchedule([
            .init(start: .zero, rate: megabits(0.4)), .init(start: at(20), rate: megabits(5)),
        ])
        var found: [Double] = []
        for seed in seeds {
            var sessions = [
                ViewerSession(
                    source: VideoSource(.layers([megabits(0.3)]), seed: seed))
            ]
            sessions[0].estimator.noteDesired(megabits(5))
            var path = link(schedule, seed: seed)
            run(&sessions, over: &path, for: .seconds(45))
            found.append(sessions[0].samples.firstTime(from: 20) { $0.target >= 2.5 } - 20)
        }
        reached("grown while limited: 2.5 Mbit/s found after, s", found, bound: "≤ 12")
        #expect(found.allSatisfy { $0 <= 12 })
    }

    /// Of 20 phones the median one has more than 300 ms of queue for a tenth of the time, the worst
    /// for 0.19, all of it after fades to a sixth within 100 ms: in the 300 ms until that shows in
    /// feedback, more than a second of the new rate is sent. Otherwise the queue is 10 ms long
    /// (median), and 0.67 to 0.81 of what the link carries is used.
    @Test("a phone that moves: the target follows, the queue stays bounded")
    func phone() throws {
        var (over, used, p50) = ([Double](), [Double](), [Double]())
        for seed in seeds {
            let path = SimulatedLink(
                .movingPhone(for: .seconds(60), seed: seed), bottleneck: .queue(bytes: 250_000),
                jitter: jitter, seed: seed)
            let session = run(
                VideoSource(anyRate, seed: seed), over: path, for: .seconds(60))
            let samples = session.samples.between(3, 60)
            over.append(Double(samples.count { $0.queue > 300 }) / Double(samples.count))
            used.append(samples.mean { $0.throughput } / samples.mean { $0.capacity })
            p50.append(samples.quantile(0.5) { $0.queue })
            if seed == 3 { try writeFigure("phone", session.samples) }
        }
        reached("phone: share of time with more than 300 ms of queue", over, bound: "≤ 0.2")
        reached("phone: used share of what the link carried", used, bound: "≥ 0.6")
        reached("phone: median of the queue, ms", p50, bound: "≤ 50")
        #expect(over.allSatisfy { $0 <= 0.2 } && used.allSatisfy { $0 >= 0.6 })
        #expect(p50.allSatisfy { $0 <= 50 })
    }

    @Test("a policer with a bucket of 30 packets loses nothing below its rate")
    func policerBelow() {
        var lost: [Double] = []
        for seed in seeds {
            let session = run(
                VideoSource(anyRate, seed: seed),
                over: link(.constant(megabits(2)), .policer(bytes: 36_000), seed: seed),
                for: .seconds(30), maximum: megabits(1.6))
            lost.append(Double(session.packetsLost) / Double(session.packetsSent))
        }
        reached("policer above the maximum: lost share", lost, bound: "≤ 0.0002")
        #expect(lost.allSatisfy { $0 <= 0.0002 })
    }

    @Test("a policer without any delay is a limit, too")
    func policer() {
        var (target, lost) = ([Double](), [Double]())
        for seed in seeds {
            let session = run(
                VideoSource(anyRate, seed: seed),
                over: link(.constant(megabits(2)), .policer(bytes: 36_000), seed: seed),
                for: .seconds(40))
            target.append(session.samples.between(10, 40).mean { $0.target } / 2)
            lost.append(Double(session.packetsLost) / Double(session.packetsSent))
        }
        reached("policer: mean target / rate", target, bound: "0.7...1.2")
        reached("policer: lost share", lost, bound: "≤ 0.15")
        #expect(target.allSatisfy { (0.7...1.2).contains($0) } && lost.allSatisfy { $0 <= 0.15 })
    }

    @Test("jitter of 30 ms that reorders, and feedback each 100 ms")
    func heavyJitter() {
        var mean: [Double] = []
        for seed in seeds {
            let path = SimulatedLink(
                .constant(megabits(2.5)),
                jitter: .init(maximum: .milliseconds(30), reorders: true), seed: seed)
            var sessions = [
                ViewerSession(
                    source: VideoSource(anyRate, seed: seed), feedbackInterval: .milliseconds(100))
            ]
            var shared = path
            run(&sessions, over: &shared, for: .seconds(40))
            mean.append(sessions[0].samples.between(10, 40).mean { $0.target } / 2.5)
        }
        reached("jitter 30 ms, reordering: mean target / capacity", mean, bound: "≥ 0.5")
        #expect(mean.allSatisfy { $0 >= 0.5 })
    }

    @Test("an outage of three seconds: the rate falls, and comes back")
    func outage() throws {
        let schedule = RateSchedule([
            .init(start: .zero, rate: megabits(2.5)), .init(start: at(15), rate: .zero),
            .init(start: at(18), rate: megabits(2.5)),
        ])
        var (during, back) = ([Double](), [Double]())
        for seed in seeds {
            let session = run(
                VideoSource(anyRate, seed: seed),
                over: link(schedule, .queue(bytes: 94_000), seed: seed), for: .seconds(35))
            during.append(session.samples.between(17.9, 18).mean { $0.target })
            back.append(session.samples.firstTime(from: 18.5) { $0.target >= 2.0 } - 18)
        }
        reached("outage: target at its end, Mbit/s", during, bound: "≤ 1.5")
        reached("outage: back at 80 % after, s", back, bound: "≤ 8")
        #expect(during.allSatisfy { $0 <= 1.5 } && back.allSatisfy { $0 <= 8 })
    }

    /// Alone it looks at first as if somebody kept the queue full, and for some seconds we keep it
    /// full ourselves: until the first loss, which shows that the way is longer.
    @Test("a route that becomes 60 ms longer is taken for a queue once, and not for long")
    func longerRoute() {
        var (mean, over) = ([Double](), [Double]())
        for seed in seeds {
            var path = link(.constant(megabits(2.5)), seed: seed)
            var session = ViewerSession(source: VideoSource(anyRate, seed: seed))
            for step in 0..<60_000 as Range<UInt64> {
                if step == 15_000 { path.propagation = .milliseconds(85) }
                session.step(over: &path, at: Instant(nanoseconds: step * 1_000_000))
            }
            mean.append(session.samples.between(20, 60).mean { $0.target } / 2.5)
            over.append((session.samples.last { $0.queue > 150 }?.time ?? 15) - 15)
        }
        reached("longer route: mean target / capacity", mean, bound: "≥ 0.7")
        reached("longer route: last queue over 150 ms after, s", over, bound: "≤ 20")
        #expect(mean.allSatisfy { $0 >= 0.7 } && over.allSatisfy { $0 <= 20 })
    }

    @Test("the same seed gives the same run")
    func determinism() {
        let runs = (0..<2).map { _ in
            run(
                VideoSource(anyRate, seed: 5), over: link(Self.step, seed: 5), for: .seconds(20)
            ).samples.map(\.target)
        }
        #expect(runs[0] == runs[1])
    }
}
