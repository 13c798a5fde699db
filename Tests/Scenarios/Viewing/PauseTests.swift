import Links
import Primitives
import Simulation
import Testing

/// What is seen over a network that has room for all, but lets nothing through for a while now and then: a
/// radio that looks for others, a viewer's machine that is busy with something else. What waited comes at once.
@Suite("Viewing: pauses") struct PauseTests {
    private func schedule(
        of pauses: ClosedRange<Int>, every interval: ClosedRange<Int>, seconds: Int, seed: UInt64
    ) -> RateSchedule {
        var random = SeededGenerator(seed: seed)
        var steps = [RateSchedule.Step(start: .zero, rate: megabits(50))]
        var time = 0
        while time < seconds * 1000 {
            time += Int.random(in: interval, using: &random)
            steps.append(.init(start: .zero + .milliseconds(time), rate: .zero))
            time += Int.random(in: pauses, using: &random)
            steps.append(.init(start: .zero + .milliseconds(time), rate: megabits(50)))
        }
        return RateSchedule(steps)
    }

    @Test(
        "Pauses, in ms, and the time between them",
        arguments: [
            ("a radio that looks around", 100...300, 1500...4000, 0.95),
            // A probe that is cut in two by a pause finds nothing, and is repeated seconds later: of forty seeds
            // the worst have 0.18 and 0.16.
            ("a busy machine", 30...120, 10...60, 0.15),
            ("a very busy one", 80...250, 10...60, 0.15),
        ])
    func pauses(
        name: String, pauses: ClosedRange<Int>, interval: ClosedRange<Int>, bound: Double
    ) throws {
        var (layers, gaps, least) = ([Double](), [Double](), [Double]())
        for seed in Scale.seeds(6) {
            var room = try SimulatedRoom(capacity: Scale.capacity, workers: 1, seed: seed)
            _ = room.addHost("ada", .simulcast)
            let viewer = room.addViewer("viewer", ViewerScript(), up: path(seed: seed))
            room.run(milliseconds: 50)
            let schedule = schedule(of: pauses, every: interval, seconds: 30, seed: seed)
            let link = room.add(
                path(schedule.inARoom, .delay(.seconds(2)), seed: seed + 1))
            room.lead(.down, of: viewer, over: link)
            let samples = room.watch(viewer, of: .simulcast, over: link, seconds: 30)
                .between(5, 30)
            let best = Double(HostScript.simulcast.layers.last!.rate.bitsPerSecond) / 1e6
            layers.append(samples.mean(\.layer) / best)
            least.append(samples.map(\.estimate).min() ?? 0)
            let frames = room.picture(of: viewer).frames
            gaps.append(
                zip(frames, frames.dropFirst()).map { ($1.shown - $0.shown).milliseconds }.max()
                    ?? .infinity)
        }
        Scale.reached("pauses, \(name): layer shown / best", layers, bound: "≥ \(bound)")
        Scale.reached("pauses, \(name): least estimate, Mbit/s", least, bound: "-")
        Scale.reached("pauses, \(name): longest gap, ms", gaps, bound: "≤ 600")
        #expect(layers.allSatisfy { $0 >= bound })
        #expect(layers.mean >= 0.4)
        #expect(gaps.allSatisfy { $0 <= 600 })
    }
}
