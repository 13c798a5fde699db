import Forwarding
import Primitives

/// So many seeds, or a tenth of them in a debug build, which takes ten times as long.
func scenarioSeeds(_ count: UInt64) -> Range<UInt64> {
    #if DEBUG
        0..<count / 10
    #else
        0..<count
    #endif
}

/// What a viewer may watch, drawn from a seed.
struct AllocationScenario {
    var random: SeededGenerator
    var publishers: [WatchedPublisher] = []

    /// - Parameter singleLayers: some publishers have a single layer of up to 4 Mbit/s.
    init(seed: UInt64, singleLayers: Bool = true) {
        random = SeededGenerator(seed: seed)
        let count = draw(1...12)
        for key in 0..<count { publishers.append(publisher(key, singleLayers: singleLayers)) }
        for rank in 0..<draw(0...count) { publishers[draw(0...count - 1)].speakerRank = rank }
    }

    mutating func draw(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    mutating func chance(_ percent: Int) -> Bool { draw(0...99) < percent }

    private mutating func publisher(_ key: Int, singleLayers: Bool) -> WatchedPublisher {
        var rates: [Int64]
        if singleLayers, chance(20) {
            rates = [Int64(draw(300...4000))]
        } else {
            let low = Int64(draw(60...400))
            rates = [low, low * Int64(draw(2...4)), low * Int64(draw(5...10))]
            rates.removeLast(draw(0...2))
        }
        let sizes = chance(80) ? webSizes : [57_600, 0, 518_400]
        var result = WatchedPublisher(
            key: key, audioRate: .kilobitsPerSecond(Int64(draw(0...70))),
            layers: layers(
                of: key, rates, sizes: sizes,
                silent: chance(10) ? [draw((singleLayers ? 0 : 1)...2)] : []))
        result.shown = wishedSize()
        if chance(15) { result.preferred = key * 10 + draw(0...2) }
        result.isPinned = chance(10)
        result.isPaused = chance(5)
        return result
    }

    private mutating func wishedSize() -> Size? {
        guard chance(75) else { return nil }
        return chance(10) ? hidden : Size(width: draw(100...2000), height: draw(60...1200))
    }

    /// A target between nothing and more than enough.
    mutating func target() -> Int64 { Int64(draw(0...(chance(50) ? 3000 : 15_000))) }

    /// Something of what a viewer or its publishers do in a conference.
    mutating func change() {
        let place = draw(0...publishers.count - 1)
        switch draw(0...7) {
        case 0: publishers[place].shown = wishedSize()
        case 1:
            let stream = publishers[place].key * 10 + draw(0...2)
            publishers[place].preferred = chance(50) ? nil : stream
        case 2: publishers[place].isPaused.toggle()
        case 3: publishers[place].isPinned.toggle()
        case 4:
            for other in publishers.indices {
                publishers[other].speakerRank = publishers[other].speakerRank.map { $0 + 1 }
            }
            publishers[place].speakerRank = 0
        case 5 where publishers[place].layers.count > 0:
            publishers[place].layers[draw(0...publishers[place].layers.count - 1)].isActive.toggle()
        case 6 where publishers.count > 1: publishers.swapAt(0, place)
        default: jitter()
        }
    }

    /// Rates as they are measured: each some percent off.
    mutating func jitter() {
        for place in publishers.indices {
            for level in 0..<publishers[place].layers.count {
                let rate = publishers[place].layers[level].rate.bitsPerSecond
                publishers[place].layers[level].rate.bitsPerSecond =
                    max(1, rate * Int64(draw(94...106)) / 100)
            }
        }
    }

    var sound: Int64 { publishers.reduce(0) { $0 + $1.audioRate.bitsPerSecond } }
}

extension WatchedPublisher {
    /// The layers that arrive, from the lowest on, as a scenario makes them.
    var arriving: [OfferedLayer] {
        (0..<layers.count).map { layers[$0] }.filter(\.isActive).sorted { $0.rate < $1.rate }
    }

    var isVisible: Bool { !isPaused && shown.map { $0.width > 0 && $0.height > 0 } != false }
}
