import Links
import Primitives
import Simulation
import Testing

/// What a short queue loses of what is sent.
@Suite("Viewing: short queues") struct ShallowQueueTests {
    @Test("5: 30 packets of queue at 1.5 of a layer's rate", arguments: [true, false])
    func shallow(tellsArrivals: Bool) throws {
        let name = tellsArrivals ? "told" : "untold"
        var (lost, share) = ([Double](), [Double]())
        for seed in Scale.seeds(10) {
            var room = try SimulatedRoom(capacity: Scale.capacity, workers: 1, seed: seed)
            let host = room.addHost("ada", .single(megabits(1.5)))
            let viewer = room.addViewer(
                "viewer", ViewerScript(tellsArrivals: tellsArrivals), up: path(seed: seed))
            room.run(milliseconds: 50)
            let link = room.add(
                path(.constant(megabits(2.25)), .packets(30), seed: seed + 1))
            room.lead(.down, of: viewer, over: link)
            room.run(seconds: 30)
            lost.append(Double(room.link(link).dropped) / Double(room.link(link).sent))
            share.append(
                room.shareInTime(
                    room.picture(of: viewer), from: host, between: at(2), and: at(29),
                    within: .milliseconds(180)))
        }
        Scale.reached("5 \(name): share of packets dropped", lost, bound: "≤ 0.0001")
        Scale.reached("5 \(name): frames in time", share, bound: "-")
        let mean = lost.mean
        #expect(mean <= 0.0001)
    }
}
