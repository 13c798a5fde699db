import Links
import Primitives
import Signalling
import Simulation
import Testing

/// What is seen when a viewer gets another layer.
@Suite("Viewing: switches") struct SwitchTests {
    /// The viewer asks for one layer after the other.
    private func watch(
        _ loss: LossProcess, of host: HostScript, temporalLayers: Int, seed: UInt64
    ) throws -> PictureFigures {
        var room = try SimulatedRoom(capacity: Scale.capacity, workers: 1, seed: seed)
        var script = host
        script.temporalLayers = temporalLayers
        _ = room.addHost("ada", script)
        var wish = ViewerScript()
        wish.roundTrip = .milliseconds(50)
        let viewer = room.addViewer(
            "viewer", wish, up: path(seed: seed), down: path(loss: loss, seed: seed + 1))
        var random = SeededGenerator(seed: seed)
        room.run(seconds: 3)
        for _ in 0..<45 {
            let layer = script.layers.randomElement(using: &random)!.rid
            room.setWish(of: viewer, for: "ada") { $0.layer = layer }
            room.run(milliseconds: Int.random(in: 1050...1500, using: &random))
        }
        return room.picture(of: viewer)
    }

    @Test(
        "4: random layer switches",
        arguments: [
            ("no loss", LossProcess.none, HostScript.simulcast, 1),
            ("2 %", .random(0.02), .simulcast, 1),
            ("2 %, L1T3", .random(0.02), .simulcast, 3),
            ("2 %, H.264", .random(0.02), .simulcastH264, 1),
            ("2 %, VP9", .random(0.02), .simulcastVP9, 1),
        ])
    func switches(
        name: String, loss: LossProcess, host: HostScript, temporalLayers: Int
    ) throws {
        var (orphans, cut) = (0, 0)
        var gaps: [Double] = []
        // From what a viewer begins with to the best: its jitter buffer does not know yet that packets are lost.
        var first: [Double] = []
        for seed in Scale.seeds(4) {
            let figures = try watch(
                loss, of: host, temporalLayers: temporalLayers, seed: seed)
            orphans += figures.orphans
            cut += figures.cut
            for (before, after) in zip(figures.frames, figures.frames.dropFirst())
            where before.layer != after.layer {
                let gap = after.shown - before.shown
                guard after.shown > at(3) else {
                    first.append(gap.milliseconds)
                    continue
                }
                gaps.append(gap.milliseconds)
            }
            #expect(figures.orphans + figures.cut == 0, "SEED=\(seed) \(figures.fault ?? "")")
        }
        Scale.reached("4 \(name): gap at a switch, ms", gaps, bound: "≤ 100")
        Scale.reached("4 \(name): gap when the best layer comes first, ms", first, bound: "-")
        let long = gaps.count { $0 > 100 }
        print(
            "REACHED | 4 \(name) | \(gaps.count) switches, \(long) longer, \(orphans) orphans, "
                + "\(cut) cut")
        #expect(gaps.count > 20)
        // One of the last packets of a keyframe costs a round trip, and a browser waits for less than that.
        #expect(gaps.allSatisfy { $0 <= 150 })
        #expect(long * 1000 <= (loss == .none ? 0 : gaps.count * 15))
        withKnownIssue("9 of 1,000 switches with 2 % loss take up to 119 ms", isIntermittent: true)
        {
            #expect(long == 0)
        }
    }
}
