import Congestion
import Links
import Primitives
import Testing

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
