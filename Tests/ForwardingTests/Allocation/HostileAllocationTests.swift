import Forwarding
import Primitives
import Testing

/// Whatever is put in, something sensible comes out.
@Suite struct HostileAllocationTests {
    private static let numbers = [
        Int.min, -1_000_000, -1, 0, 1, 7, 640, 100_000, 1 << 31, 1 << 40, Int.max,
    ]

    private func anything(_ scenario: inout AllocationScenario) -> WatchedPublisher {
        func number() -> Int { Self.numbers[scenario.draw(0...Self.numbers.count - 1)] }
        var result = WatchedPublisher(key: scenario.chance(50) ? scenario.draw(0...9) : number())
        result.audioRate = DataRate(bitsPerSecond: Int64(number()))
        for _ in 0..<scenario.draw(0...5) {
            result.layers.append(
                OfferedLayer(
                    stream: scenario.chance(50) ? scenario.draw(0...3) : number(),
                    rate: DataRate(bitsPerSecond: Int64(number())), pixels: number(),
                    framesPerSecond: number(), isActive: scenario.chance(80)))
        }
        result.current = scenario.chance(50) ? number() : nil
        result.shown = scenario.chance(70) ? Size(width: number(), height: number()) : nil
        result.preferred = scenario.chance(30) ? number() : nil
        result.isPinned = scenario.chance(20)
        result.isPaused = scenario.chance(10)
        result.speakerRank = scenario.chance(50) ? number() : nil
        return result
    }

    @Test func anyInputIsAnswered() {
        for seed in scenarioSeeds(2000) {
            var scenario = AllocationScenario(seed: seed)
            var viewer = WatchingViewer([])
            for _ in 0..<10 {
                viewer.publishers = (0..<scenario.draw(0...20)).map { _ in anything(&scenario) }
                let number = Self.numbers[scenario.draw(0...Self.numbers.count - 1)]
                let target = DataRate(bitsPerSecond: Int64(number))
                _ = viewer.run(
                    target: scenario.chance(80) ? target : nil,
                    after: Int64(scenario.draw(-90_000...90_000)))
                let allocation = viewer.allocation
                #expect(allocation.picks.count == viewer.publishers.count)
                #expect(allocation.allocated >= .zero && allocation.desired >= allocation.allocated)
                #expect(allocation.missing.map { $0 >= .zero } != false)
                for (publisher, pick) in zip(viewer.publishers, allocation.picks) {
                    #expect(pick.stream == nil || publisher.sends(pick.stream))
                }
            }
        }
    }

    @Test func moreThanTwelveAreToleratedAndMoreThanSixtyFourGetSoundOnly() {
        let publishers = (0..<200).map { host($0) }
        #expect(freshLevels(publishers, 12_600) == (0..<200).map { $0 < 23 ? 0 : -1 })
        let levels = freshLevels(publishers, 1_000_000)
        #expect(levels == (0..<200).map { $0 < 64 ? 2 : -1 })
    }

    @Test func aKeyThatComesTwiceIsTwoPublishers() {
        var viewer = WatchingViewer([host(1), host(1), host(2)])
        #expect(viewer.run(9000) == [2, 2, 2])
        viewer.publishers.swapAt(0, 2)
        #expect(viewer.run(9000) == [2, 2, 2])
        #expect(viewer.allocation.picks.allSatisfy { !$0.isChanged })
    }

    @Test func aPublisherThatMovesInTheListKeepsItsHistory() {
        var viewer = WatchingViewer((0..<6).map { host($0) })
        _ = viewer.run(5000, for: .seconds(10))
        let before = viewer.levels
        viewer.publishers.reverse()
        let after = viewer.run(5000)
        #expect(after == before.reversed())
        #expect(viewer.allocation.picks.allSatisfy { !$0.isChanged })
    }

    @Test func aFourthLayerIsLetGo() {
        let many = (0..<9).map {
            OfferedLayer(stream: $0, rate: .kilobitsPerSecond(100), pixels: 100 * ($0 + 1))
        }
        #expect(OfferedLayers(many).count == 3)
        #expect(OfferedLayers(many) == OfferedLayers(many.prefix(3)))
    }
}

extension WatchedPublisher {
    fileprivate func sends(_ stream: Int?) -> Bool {
        (0..<layers.count).contains { layers[$0].isActive && layers[$0].stream == stream }
    }
}
