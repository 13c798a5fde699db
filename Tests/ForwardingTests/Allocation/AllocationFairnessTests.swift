import Forwarding
import Primitives
import Testing

/// How evenly a rate is divided, and how much of it stays unused.
@Suite struct AllocationFairnessTests {
    @Test func equalsGetLayersThatAreAtMostOneApart() {
        for count in 1...12 {
            let publishers = (0..<count).map { host($0) }
            for target in stride(from: Int64(0), through: 24_000, by: 130) {
                let levels = freshLevels(publishers, target)
                #expect(levels.spread <= 1)
            }
        }
    }

    @Test func whoIsShownLargerGetsNoLowerLayer() {
        for seed in scenarioSeeds(500) {
            var scenario = AllocationScenario(seed: seed)
            let sides = (0..<scenario.draw(2...12)).map { _ in scenario.draw(100...2000) }.sorted()
            let publishers = sides.enumerated().map {
                host($0, shown: Size(width: $1, height: $1 * 9 / 16))
            }
            let levels = freshLevels(publishers, scenario.target())
            #expect(levels == levels.sorted(), "seed \(seed)")
        }
    }

    /// After two minutes at one rate nothing waits any more: what fits, with the margin, is given, and
    /// equals are equal.
    @Test func aSteadyRateIsUsed() {
        for seed in scenarioSeeds(60) {
            var scenario = AllocationScenario(seed: seed)
            var viewer = WatchingViewer((0..<scenario.draw(1...12)).map { host($0) })
            for _ in 0..<100 { _ = viewer.run(scenario.target(), after: 300) }
            let target = scenario.target()
            let levels = viewer.run(target, for: .seconds(130))
            #expect(viewer.allocation.missing != .zero, "seed \(seed)")
            #expect(levels.spread <= 1, "seed \(seed), \(levels)")
            let used = viewer.allocation.allocated.bitsPerSecond
            // One step is 1,000 kbit/s at most.
            let isFull = levels.allSatisfy { $0 == 2 }
            #expect(isFull || used + 1_000_000 > target * 1000 * 100 / 115 - 1, "seed \(seed)")
        }
    }

    /// What a large step leaves unused goes to smaller ones behind it, with patience.
    @Test func theRestOfALargeStepIsNotWasted() {
        let pinned = host(0, shown: full).with { $0.isPinned = true }
        var viewer = WatchingViewer([pinned, host(1, shown: half)])
        #expect(viewer.run(1750) == [1, 0])
        #expect(viewer.run(1750, for: .seconds(2)) == [1, 1])
        #expect(viewer.run(2300, for: .seconds(2)) == [2, 0])
        #expect(viewer.reasons == [.network, .priority])
    }

    @Test func twelvePublishersOnASlowNetwork() {
        let sound = DataRate.kilobitsPerSecond(12 * 40)
        var viewer = WatchingViewer((0..<12).map { host($0) })
        #expect(viewer.run(1200) == [0, 0, 0] + Array(repeating: -1, count: 9))
        #expect(viewer.reasons == viewer.levels.map { $0 < 0 ? .network : .started })
        #expect(viewer.allocation.allocated == .kilobitsPerSecond(480 + 600))
        #expect(viewer.allocation.missing == .kilobitsPerSecond((1080 + 200) * 115 / 100 - 1200))
        _ = viewer.run(400)
        #expect(viewer.allocation.allocated == sound)
        let small = (0..<12).map { host($0, [60, 200, 700]) }
        #expect(freshLevels(small, 1200) == Array(repeating: 0, count: 12))
    }
}

extension [Int] {
    fileprivate var spread: Int { (self.max() ?? 0) - (self.min() ?? 0) }
}
