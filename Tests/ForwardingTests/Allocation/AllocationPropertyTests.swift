import Forwarding
import Primitives
import Testing

/// What holds in every scenario, whoever watches whom at whatever rate.
@Suite struct AllocationPropertyTests {
    @Test func whatIsGivenNeverExceedsTheTargetButForSound() {
        for seed in scenarioSeeds(1000) {
            var scenario = AllocationScenario(seed: seed)
            var viewer = WatchingViewer(scenario.publishers)
            for _ in 0..<30 {
                scenario.change()
                viewer.publishers = scenario.publishers
                let target = scenario.target()
                _ = viewer.run(target, after: Int64(scenario.draw(1...4000)))
                let allocated = viewer.allocation.allocated.bitsPerSecond
                // A lowest layer is kept for a while: 1.15, and the only picture up to 4.
                #expect(
                    allocated <= max(target * 4000, scenario.sound), "seed \(seed)")
                let sent = zip(viewer.publishers, viewer.allocation.picks).reduce(scenario.sound) {
                    $0 + ($1.0.rate(of: $1.1.stream) ?? .max / 100)
                }
                #expect(sent <= allocated, "seed \(seed)")
            }
        }
    }

    @Test func picksAreOfUseInEveryRun() {
        for seed in scenarioSeeds(1000) {
            var scenario = AllocationScenario(seed: seed)
            var viewer = WatchingViewer(scenario.publishers)
            for _ in 0..<30 {
                scenario.change()
                viewer.publishers = scenario.publishers
                _ = viewer.run(scenario.target(), after: Int64(scenario.draw(1...4000)))
                for (publisher, pick) in zip(viewer.publishers, viewer.allocation.picks) {
                    #expect(publisher.maySee(pick.stream), "seed \(seed)")
                }
            }
        }
    }

    @Test func aHigherTargetGivesNobodyLess() {
        for seed in scenarioSeeds(1500) {
            var scenario = AllocationScenario(seed: seed, singleLayers: false)
            var target: Int64 = 0
            var before = freshLevels(scenario.publishers, 0)
            for _ in 0..<25 {
                target += Int64(scenario.draw(1...800))
                let levels = freshLevels(scenario.publishers, target)
                #expect(zip(before, levels).allSatisfy { $0 <= $1 }, "seed \(seed), \(target)")
                before = levels
            }
        }
    }

    /// Where some have a single large layer, a higher target may carry one of those instead of others
    /// that stand behind it.
    @Test func aHigherTargetGivesNobodyLessButForWhomThatStandsBefore() {
        for seed in scenarioSeeds(1500) {
            var scenario = AllocationScenario(seed: seed)
            var target: Int64 = 0
            var before = freshLevels(scenario.publishers, 0)
            let order = scenario.publishers.inOrderOfPriority
            for _ in 0..<25 {
                target += Int64(scenario.draw(1...800))
                let levels = freshLevels(scenario.publishers, target)
                let pairs = order.map { (before[$0] >= 0, levels[$0] >= 0) }
                if let first = pairs.first(where: { $0 != $1 }) {
                    #expect(first == (false, true), "seed \(seed), \(target)")
                }
                before = levels
            }
        }
    }

    @Test func theSameInputGivesTheSameOutput() {
        func walk(_ seed: UInt64) -> (LayerAllocator, [LayerAllocation]) {
            var scenario = AllocationScenario(seed: seed)
            var viewer = WatchingViewer(scenario.publishers)
            let results = (0..<20).map { _ in
                scenario.change()
                viewer.publishers = scenario.publishers
                _ = viewer.run(scenario.target(), after: 700)
                return viewer.allocation
            }
            return (viewer.allocator, results)
        }
        for seed in scenarioSeeds(300) {
            #expect(walk(seed) == walk(seed), "seed \(seed)")
        }
    }

    /// Whatever the rate does: one that is pinned is given no less than one like it that is not, and is
    /// paused only where its lowest layer does not fit.
    @Test func aPinnedPublisherNeverLosesToOneThatIsNot() {
        for seed in scenarioSeeds(1500) {
            var scenario = AllocationScenario(seed: seed)
            let place = scenario.pinOne()
            var rival = scenario.publishers[place]
            rival.key = 99
            rival.isPinned = false
            var viewer = WatchingViewer(scenario.publishers + [rival])
            let lowest = rival.arriving.first?.rate.bitsPerSecond ?? .max / 2
            for run in 0..<60 {
                let target = scenario.target()
                _ = viewer.run(target, after: Int64(scenario.draw(1...6000)))
                let levels = viewer.levels
                #expect(levels[place] >= levels[levels.count - 1], "seed \(seed)")
                let fits = lowest + viewer.sound <= target * 1000
                if run == 0 { #expect((levels[place] >= 0) == fits, "seed \(seed)") }
                let nearlyFits = lowest + viewer.sound <= target * 4000
                if !nearlyFits { #expect(levels[place] < 0, "seed \(seed)") }
            }
        }
    }
}

extension AllocationScenario {
    /// Pins one, which is shown large, and nobody else.
    fileprivate mutating func pinOne() -> Int {
        let place = draw(0...publishers.count - 1)
        for other in publishers.indices { publishers[other].isPinned = other == place }
        publishers[place].isPaused = false
        publishers[place].shown = full
        publishers[place].preferred = nil
        return place
    }
}

extension WatchingViewer {
    var sound: Int64 { publishers.reduce(0) { $0 + $1.audioRate.bitsPerSecond } }
}

extension WatchedPublisher {
    /// The measured rate of a stream that it sends; 0 of none, `nil` when it sends no such thing.
    fileprivate func rate(of stream: Int?) -> Int64? {
        guard let stream else { return 0 }
        return arriving.first { $0.stream == stream }?.rate.bitsPerSecond
    }

    /// Whether the rules allow that stream: it arrives, the viewer wants one, it is not above what was
    /// asked for, and not above the smallest that covers the size.
    fileprivate func maySee(_ stream: Int?) -> Bool {
        guard let stream else { return true }
        guard isVisible, let layer = arriving.first(where: { $0.stream == stream }) else {
            return false
        }
        let asked = (0..<layers.count).map { layers[$0] }.first { $0.stream == preferred }
        if let asked {
            return layer.stream <= asked.stream || (asked.pixels == 0 && layer == arriving.first)
        }
        guard let shown, arriving.allSatisfy({ $0.pixels > 0 }) else { return true }
        let lower = arriving.map(\.pixels).filter { $0 < layer.pixels }.max()
        return lower.map { $0 * 5 / 4 < shown.width * shown.height } ?? true
    }
}

extension [WatchedPublisher] {
    /// The rule for lowest layers, written once more.
    fileprivate var inOrderOfPriority: [Int] {
        func rank(_ place: Int) -> [Int] {
            let publisher = self[place]
            let area = publisher.shown.map { $0.width * $0.height } ?? 1280 * 720
            return [
                publisher.isPinned ? 0 : 1, publisher.speakerRank == 0 ? 0 : 1, -area,
                publisher.speakerRank ?? .max, place,
            ]
        }
        return indices.sorted { rank($0).lexicographicallyPrecedes(rank($1)) }
    }
}
