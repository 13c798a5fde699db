import Links
import Primitives
import Simulation
import Testing

/// How soon who comes sees something.
@Suite("Viewing: joins") struct JoinTests {
    @Test("1: 100 viewers come in ten seconds, over 50 ms")
    func joins() throws {
        var (first, requests) = ([Double](), [Double]())
        for seed in Scale.seeds(1) {
            var room = try SimulatedRoom(capacity: Scale.capacity, workers: 1, seed: seed)
            let host = room.addHost("ada", .single(megabits(1.5)))
            _ = room.addViewer("first", ViewerScript())
            room.run(seconds: 3)
            let before = room.keyframesAsked(of: host)
            var random = SeededGenerator(seed: seed)
            var joins: [(viewer: Int, at: Instant)] = []
            for number in 0..<100 {
                let viewer = room.addViewer(
                    "viewer\(number)", ViewerScript(), up: path(seed: seed &+ UInt64(number)),
                    down: path(seed: seed &* 1000 &+ UInt64(number)), comesOverLinks: true)
                joins.append((viewer, room.now))
                room.run(milliseconds: Int.random(in: 20...180, using: &random))
            }
            room.run(seconds: 2.5)
            for (viewer, at) in joins {
                let frame = room.picture(of: viewer).frames.first?.decoded ?? .distantFuture
                first.append((frame - at).milliseconds)
            }
            requests.append(Double(room.keyframesAsked(of: host) - before))
        }
        Scale.reached("1 first frame after the answer, ms", first, bound: "p50 ≤ 220, p95 ≤ 400")
        Scale.reached("1 keyframes asked of the host for 100", requests, bound: "0")
        #expect(first.sorted()[first.count / 2] <= 220)
        #expect(first.sorted()[first.count * 95 / 100] <= 400)
        #expect(requests.allSatisfy { $0 == 0 })
    }
}
