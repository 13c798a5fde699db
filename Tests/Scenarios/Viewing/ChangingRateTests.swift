import Links
import Primitives
import Simulation
import Testing

/// What is seen when what the network carries changes.
@Suite("Viewing: changing rates") struct ChangingRateTests {
    private let script = HostScript.simulcast

    private func watch(
        _ schedule: RateSchedule,
        _ bottleneck: SimulatedLink.Bottleneck = .delay(.milliseconds(300)),
        temporalLayers: Int = 1, seconds: Double, seed: UInt64
    ) throws -> (samples: [Sample], figures: PictureFigures) {
        var room = try SimulatedRoom(capacity: Scale.capacity, workers: 1, seed: seed)
        var script = script
        script.temporalLayers = temporalLayers
        _ = room.addHost("ada", script)
        let viewer = room.addViewer("viewer", ViewerScript(), up: path(seed: seed))
        room.run(milliseconds: 50)
        let link = room.add(path(schedule.inARoom, bottleneck, seed: seed + 1))
        room.lead(.down, of: viewer, over: link)
        // As many seconds from the link's own beginning on.
        let samples = room.watch(viewer, of: script, over: link, seconds: seconds)
        return (samples, room.picture(of: viewer))
    }

    private func seconds(_ value: Double) -> Instant { Instant(nanoseconds: UInt64(value * 1e9)) }

    @Test("3: 2.5, 0.6 and again 2.5 Mbit/s")
    func step() throws {
        let schedule = RateSchedule([
            .init(start: .zero, rate: megabits(2.5)),
            .init(start: seconds(15), rate: megabits(0.6)),
            .init(start: seconds(30), rate: megabits(2.5)),
        ])
        var (down, sent, queue, back) = ([Double](), [Double](), [Double](), [Double]())
        var risen: [Double] = []
        for seed in Scale.seeds(6) {
            let samples = try watch(schedule, seconds: 45, seed: seed).samples
            down.append(samples.wait(from: 15) { $0.estimate < 0.6 })
            sent.append(samples.wait(from: 15) { $0.layer > 0 && $0.layer < 0.6 })
            queue.append(samples.between(16, 30).quantile(0.95) { $0.queue })
            back.append(samples.wait(from: 30) { $0.layer > 0.9 * 1.5 })
            risen.append(back.last! - samples.wait(from: 30) { $0.estimate > 1.2 * 1.5 })
            if seed == 1 { try Scale.write("step", samples) }
        }
        Scale.reached("3 estimate below the new rate after, s", down, bound: "≤ 0.7")
        Scale.reached("3 a layer that fits is shown after, s", sent, bound: "-")
        Scale.reached("3 p95 of the queue from 1 s after on, ms", queue, bound: "≤ 150")
        Scale.reached("3 the former layer is back after, s", back, bound: "≤ 6")
        Scale.reached("3 the layer behind its estimate, s", risen, bound: "≤ 0.45")
        #expect(down.allSatisfy { $0 <= 0.7 })
        // What it waits for, a request to the host, and a keyframe that takes 150 ms on this link; no tick.
        #expect(risen.allSatisfy { $0 <= 0.45 })
        #expect(back.allSatisfy { $0 <= 6 })
        #expect(queue.allSatisfy { $0 <= 150 })
    }

    /// The rate of the highest layer that the next second carries.
    private func oracle(_ samples: ArraySlice<Sample>) -> Double {
        let mean = Array(samples).mean { $0.capacity }
        let rates = script.layers.map { Double($0.rate.bitsPerSecond) / 1e6 }
        return rates.last { $0 <= mean } ?? rates[0]
    }

    /// A phone's network. Its queue is one of bytes, as in an LTE base station: no packet is dropped because the
    /// rate has just fallen.
    private static let lte = SimulatedLink.Bottleneck.queue(bytes: 250_000)

    /// With one temporal layer, and with the three that Chromium's VP8 has; and with a queue that is 300 ms long
    /// at any rate, so that at a sixth of it five sixths of what waits have no place.
    @Test(
        "9: a phone that moves",
        arguments: [
            ("9", 1, lte), ("9 L1T3", 3, lte), ("9 short queue", 1, .delay(.milliseconds(300))),
        ])
    func phone(
        name: String, temporalLayers: Int, bottleneck: SimulatedLink.Bottleneck
    ) throws {
        var (frozen, layers, late) = ([Double](), [Double](), [Double]())
        for seed in Scale.seeds(60) {
            let (samples, figures) = try watch(
                .movingPhone(for: .seconds(62), seed: seed), bottleneck,
                temporalLayers: temporalLayers, seconds: 60, seed: seed)
            frozen.append(figures.frozenShare(of: .seconds(60)))
            let best = samples.indices.dropLast(50).map { oracle(samples[$0..<$0 + 50]) }
            layers.append(
                samples.dropLast(50).map(\.layer).reduce(0, +) / best.reduce(0, +))
            late += figures.frames.map { ($0.shown - $0.captured).milliseconds }
            if seed == 1, name == "9" { try Scale.write("phone", samples) }
        }
        Scale.reached("\(name): share of time frozen", frozen, bound: "≤ 0.01")
        Scale.reached("\(name): layer shown / best layer", layers, bound: "≥ 0.8")
        Scale.reached("\(name): glass to glass, ms", late, bound: "-")
        let isShort = bottleneck != Self.lte
        // The medians of sixty seeds scatter by a fifth.
        let scatter = Scale.isWide ? 1 : 1.2
        #expect(frozen.median <= (isShort ? 0.02 : 0.01) * scatter)
        #expect(frozen.mean <= (isShort ? 0.025 : 0.0125) * scatter)
        #expect(layers.median >= 0.8)
        withKnownIssue(
            "on some ways the rate falls more often than a layer can follow", isIntermittent: true
        ) {
            #expect(frozen.allSatisfy { $0 <= 0.01 })
            #expect(layers.allSatisfy { (0.8...1.2).contains($0) })
        }
    }
}
