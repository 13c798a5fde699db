import Links
import Primitives
import Simulation
import Testing

/// What is seen when what the network carries changes.
@Suite("Viewing: changing rates") struct ChangingRateTests {
    private let script = HostScript.simulcast

    private func watch(
        _ schedule: RateSchedule, temporalLayers: Int = 1, seconds: Double, seed: UInt64
    ) throws -> (samples: [Sample], figures: PictureFigures) {
        var room = try SimulatedRoom(capacity: Scale.capacity, workers: 1, seed: seed)
        var script = script
        script.temporalLayers = temporalLayers
        _ = room.addHost("ada", script)
        let viewer = room.addViewer("viewer", ViewerScript(), up: path(seed: seed))
        room.run(milliseconds: 50)
        let link = room.add(path(schedule.inARoom, seed: seed + 1))
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
        for seed in Scale.seeds(6) {
            let samples = try watch(schedule, seconds: 45, seed: seed).samples
            down.append(samples.wait(from: 15) { $0.estimate < 0.6 })
            sent.append(samples.wait(from: 15) { $0.layer > 0 && $0.layer < 0.6 })
            queue.append(samples.between(16, 30).quantile(0.95) { $0.queue })
            back.append(samples.wait(from: 30) { $0.layer > 0.9 * 1.5 })
            if seed == 1 { try Scale.write("step", samples) }
        }
        Scale.reached("3 estimate below the new rate after, s", down, bound: "≤ 0.7")
        Scale.reached("3 a layer that fits is shown after, s", sent, bound: "-")
        Scale.reached("3 p95 of the queue from 1 s after on, ms", queue, bound: "≤ 150")
        Scale.reached("3 the former layer is back after, s", back, bound: "≤ 6")
        #expect(down.allSatisfy { $0 <= 0.7 })
        #expect(back.allSatisfy { $0 <= 6 })
        #expect(queue.allSatisfy { $0 <= 150 })
    }

    /// The rate of the highest layer that the next second carries.
    private func oracle(_ samples: ArraySlice<Sample>) -> Double {
        let mean = Array(samples).mean { $0.capacity }
        let rates = script.layers.map { Double($0.rate.bitsPerSecond) / 1e6 }
        return rates.last { $0 <= mean } ?? rates[0]
    }

    /// What a sender sees that is told by a spirit, after a round trip and half a message's interval, what the
    /// link carries: the share of time frozen, and its layer's part of the best one. It sends the highest
    /// layer within 0.9 of that, changes it without a keyframe, and loses nothing but to the queue.
    private func sendKnowing(
        _ schedule: RateSchedule, seed: UInt64
    ) -> (frozen: Double, layer: Double) {
        let late = Duration.milliseconds(50 + 37)
        let rates = script.layers.map { Double($0.rate.bitsPerSecond) }
        var link = path(schedule, seed: seed + 1)
        var freezes = FreezeMeter()
        var (sent, best) = (0.0, 0.0)
        for number in 3..<1800 {
            let now = seconds(Double(number) / 30)
            let known = Double(
                link.rate(at: now.advanced(nanoseconds: -late.nanoseconds)).bitsPerSecond)
            let rate = rates.last { $0 <= 0.9 * known } ?? rates[0]
            let ahead = (0..<50).map { step in
                Double(link.rate(at: now + .milliseconds(20 * step)).bitsPerSecond)
            }
            best += rates.last { $0 <= ahead.reduce(0, +) / 50 } ?? rates[0]
            sent += rate
            let packets = Int(rate / 30 / 8 / 1200) + 1
            let arrivals = (0..<packets).map { _ in
                link.send(bytes: Int(rate / 30 / 8) / packets, at: now)
            }
            if !arrivals.contains(nil) { freezes.frame(at: arrivals.compactMap(\.self).max()!) }
        }
        return (freezes.frozen.seconds / 60, sent / best)
    }

    /// With one temporal layer, and with the three that Chromium's VP8 has.
    @Test("9: a phone that moves", arguments: [1, 3])
    func phone(temporalLayers: Int) throws {
        let name = temporalLayers == 1 ? "9" : "9 L1T3"
        var (stalled, layers) = ([Double](), [Double]())
        var knowing: [(frozen: Double, layer: Double)] = []
        for seed in Scale.seeds(6) {
            let schedule = RateSchedule.movingPhone(for: .seconds(62), seed: seed)
            knowing.append(sendKnowing(schedule, seed: seed))
            let (samples, figures) = try watch(
                schedule, temporalLayers: temporalLayers, seconds: 60, seed: seed)
            stalled.append(figures.frozenShare(of: .seconds(60)))
            let best = samples.indices.dropLast(50).map { oracle(samples[$0..<$0 + 50]) }
            layers.append(
                samples.dropLast(50).map(\.layer).reduce(0, +) / best.reduce(0, +))
            if seed == 1, temporalLayers == 1 { try Scale.write("phone", samples) }
        }
        Scale.reached("\(name) share of time frozen", stalled, bound: "≤ 0.01")
        Scale.reached("\(name) layer shown / best layer", layers, bound: "≥ 0.8")
        Scale.reached("9 frozen for who knows the rate late", knowing.map(\.frozen), bound: "-")
        Scale.reached("9 layer for who knows the rate late", knowing.map(\.layer), bound: "-")
        // What is lost against such a sender, on average.
        let frozen = stalled.reduce(0, +) / Double(stalled.count)
        #expect(frozen <= 0.03)
        #expect(layers.reduce(0, +) / Double(layers.count) >= 0.7)
        withKnownIssue(
            "the rate falls faster than the layers, and returns before they do",
            isIntermittent: true
        ) {
            #expect(stalled.allSatisfy { $0 <= 0.01 })
            #expect(layers.allSatisfy { (0.8...1.2).contains($0) })
        }
    }
}
