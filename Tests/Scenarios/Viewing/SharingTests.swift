import Flows
import Links
import Primitives
import Simulation
import Testing

/// Who gets how much of a bottleneck.
@Suite("Viewing: sharing") struct SharingTests {
    @Test("8: two viewers and a download share 4.5 Mbit/s")
    func threeFlows() throws {
        var (shares, download, frozen) = ([Double](), [Double](), [Double]())
        for seed in Scale.seeds(40) {
            var room = try SimulatedRoom(capacity: Scale.capacity, workers: 1, seed: seed)
            _ = room.addHost("ada", .simulcast)
            let viewers = (0..<2).map {
                room.addViewer("viewer\($0)", ViewerScript(), up: path(seed: seed &+ UInt64($0)))
            }
            room.run(milliseconds: 50)
            let link = room.add(path(.constant(megabits(4.5)), seed: seed))
            for viewer in viewers { room.lead(.down, of: viewer, over: link) }
            room.run(seconds: 5)
            var cubic = CubicFlow(from: room.now)
            var before = (viewers: [Int](), download: 0)
            for step in 0..<40_000 {
                if step == 10_000 {
                    before = (viewers.map { room.bytesReceived(by: $0) }, cubic.delivered)
                }
                room.run(milliseconds: 1)
                let now = room.now
                room.withLink(link) { cubic.step(over: &$0, at: now) }
            }
            let fair = 1.5e6 / 8 * 30
            for (viewer, before) in zip(viewers, before.viewers) {
                shares.append(Double(room.bytesReceived(by: viewer) - before) / fair)
                frozen.append(room.picture(of: viewer).frozenShare(of: .seconds(45)))
            }
            download.append(Double(cubic.delivered - before.download) / fair)
        }
        Scale.reached("8 viewers: share / fair share", shares, bound: "0.5...2")
        Scale.reached("8 download: share / fair share", download, bound: "0.5...2")
        Scale.reached("8 viewers: share of time frozen", frozen, bound: "-")
        let flows = shares + download
        let outside = flows.count { !(0.5...2).contains($0) }
        print("REACHED | 8 | \(flows.count) flows, \(outside) outside")
        #expect(outside * 100 <= flows.count)
        #expect(shares.allSatisfy { $0 >= 0.35 } && download.allSatisfy { $0 <= 2.2 })
        #expect(shares.mean >= 0.75)
        withKnownIssue("4 of 1,000 flows get less than half, or 2.01", isIntermittent: true) {
            #expect(outside == 0)
        }
    }
}
