import Links
import Primitives
import Simulation
import Testing

/// The simulator itself.
@Suite("Viewing: the simulator") struct TraceTests {
    private func play(seed: UInt64) throws -> (trace: TraceHash, figures: PictureFigures) {
        var room = try SimulatedRoom(capacity: Scale.capacity, workers: 1, seed: seed)
        var script = HostScript.simulcast
        script.hasSound = true
        _ = room.addHost(
            "ada", script, up: path(loss: .random(0.02), seed: seed), down: path(seed: seed + 1))
        let viewer = room.addViewer(
            "viewer", ViewerScript(hasSound: true), up: path(seed: seed + 2),
            down: path(loss: .bursts(ratio: 0.03, length: 3), seed: seed + 3))
        room.run(seconds: 8)
        return (room.trace, room.picture(of: viewer))
    }

    @Test("one seed gives one trace")
    func determinism() throws {
        let first = try play(seed: 5)
        let second = try play(seed: 5)
        #expect(first.trace == second.trace)
        // For comparison between processes, whose dictionaries have other orders.
        print("TRACE | 5 | \(first.trace.value)")
        #expect(first.figures.frames == second.figures.frames)
        #expect(first.figures.frames.count > 200)
        let other = try play(seed: 6)
        #expect(first.trace != other.trace)
    }

    @Test("on a clean network everything is seen and heard when it comes")
    func clean() throws {
        var room = try SimulatedRoom(capacity: Scale.capacity, workers: 1, seed: 1)
        var script = HostScript.simulcast
        script.hasSound = true
        script.temporalLayers = 3
        let host = room.addHost("ada", script)
        let viewer = room.addViewer("viewer", ViewerScript(hasSound: true))
        room.run(seconds: 10)
        let figures = room.picture(of: viewer)
        #expect(figures.orphans + figures.cut + figures.skipped == 0)
        #expect(figures.freezes.count == 0)
        #expect(figures.packetsAsked == 0)
        #expect(figures.frames.last?.layer == 2)
        let share = room.shareInTime(
            figures, from: host, layer: 2, between: at(4), and: at(9.5), within: .milliseconds(40))
        #expect(share == 1)
        let sound = room.sound(of: viewer)
        #expect(sound.numbers.count >= room.soundsSent(by: host) - 2)
        #expect(sound.longestDelay <= .milliseconds(12))
    }
}
