import Forwarding
import Primitives
import Testing

/// What each rule gives to a viewer that has just come.
@Suite struct AllocationRuleTests {
    @Test(
        "one publisher gets the highest layer that the rate carries",
        arguments: [
            (0, -1), (39, -1), (239, -1), (240, 0), (739, 0), (740, 1), (1739, 1), (1740, 2),
            (90_000, 2),
        ] as [(Int64, Int)])
    func highest(kilobits: Int64, level: Int) {
        #expect(freshLevels([host(1)], kilobits) == [level])
    }

    @Test(
        "never beyond the smallest layer that covers the size, a tenth of a side aside",
        arguments: [
            (thumbnail, 0), (Size(width: 350, height: 200), 0), (Size(width: 400, height: 225), 1),
            (half, 1), (Size(width: 700, height: 400), 1), (Size(width: 720, height: 405), 2),
            (full, 2), (Size(width: 3840, height: 2160), 2), (hidden, -1),
            (Size(width: 1, height: 1), 0),
        ])
    func covering(shown: Size, level: Int) {
        #expect(freshLevels([host(1, shown: shown)], 10_000) == [level])
    }

    @Test func aMissingLayerIsReplacedByTheNextThatCovers() {
        let publisher = host(1, shown: thumbnail).with {
            $0.layers = layers(of: 1, silent: [0])
        }
        #expect(freshLevels([publisher], 10_000) == [1])
        let small = host(1, shown: full).with { $0.layers = layers(of: 1, silent: [2]) }
        #expect(freshLevels([small], 10_000) == [1])
    }

    @Test func soundIsReservedFirstAndIsNeverCut() {
        var viewer = WatchingViewer((0..<12).map { host($0, audio: 60) })
        #expect(viewer.run(700) == Array(repeating: -1, count: 12))
        #expect(viewer.allocation.allocated == .kilobitsPerSecond(720))
        #expect(viewer.reasons.allSatisfy { $0 == .network })
        #expect(freshLevels(viewer.publishers, 919) == Array(repeating: -1, count: 12))
        #expect(freshLevels(viewer.publishers, 920) == [0] + Array(repeating: -1, count: 11))
    }

    @Test func lowestLayersGoByPinSpeakerSizeAndLastSpeaker() {
        let publishers = [
            host(0, shown: thumbnail), host(1, shown: thumbnail).with { $0.speakerRank = 1 },
            host(2, shown: half), host(3, shown: thumbnail).with { $0.speakerRank = 0 },
            host(4, shown: thumbnail).with { $0.isPinned = true },
        ]
        let carried = [400, 600, 800, 1000, 1200].map { freshLevels(publishers, $0) }
        #expect(
            carried == [
                [-1, -1, -1, -1, 0], [-1, -1, -1, 0, 0], [-1, -1, 0, 0, 0], [-1, 0, 0, 0, 0],
                [0, 0, 0, 0, 0],
            ])
    }

    @Test func theFarthestBelowItsSizeGoesUpFirst() {
        let publishers = [host(0, shown: half), host(1, shown: full)]
        let levels = [480, 979, 980, 1479, 1480, 2479, 2480].map { freshLevels(publishers, $0) }
        #expect(levels == [[0, 0], [0, 0], [0, 1], [0, 1], [1, 1], [1, 1], [1, 2]])
        // A pin counts four times, and a speaker twice.
        let pinned = [host(0, shown: half).with { $0.isPinned = true }, host(1, shown: half)]
        #expect(freshLevels(pinned, 980) == [1, 0])
        let speaking = [host(0, shown: half), host(1, shown: half).with { $0.speakerRank = 0 }]
        #expect(freshLevels(speaking, 980) == [0, 1])
    }

    @Test(
        "an asked layer is given when it is carried, or the next lower one",
        arguments: [
            (10, 9000, 0), (11, 9000, 1), (12, 9000, 2), (12, 1000, 1), (12, 300, 0),
            (11, 300, 0), (10, 100, -1), (99, 9000, 2),
        ] as [(Int, Int64, Int)])
    func preference(stream: Int, kilobits: Int64, level: Int) {
        let publisher = host(1).with { $0.preferred = stream }
        #expect(freshLevels([publisher], kilobits) == [level])
        // A size that is said changes nothing in that.
        let shown = publisher.with { $0.shown = stream == 99 ? full : thumbnail }
        #expect(freshLevels([shown], kilobits) == [level])
    }

    @Test func anAskedLayerThatIsSilentGivesTheNextLowerOneAndNeverAHigherOne() {
        let levels = [[2], [1, 2], [0]].map { silent in
            let publisher = host(1).with {
                $0.layers = layers(of: 1, silent: Set(silent))
                $0.preferred = silent == [0] ? 10 : 12
            }
            return freshLevels([publisher], 9000)
        }
        #expect(levels == [[1], [0], [-1]])
    }

    @Test func pausesSayWhy() {
        var viewer = WatchingViewer([
            host(0, shown: hidden), host(1).with { $0.isPaused = true },
            host(2).with { $0.layers = layers(of: 2, silent: [0, 1, 2]) }, host(3), host(4),
        ])
        #expect(viewer.run(450) == [-1, -1, -1, 0, -1])
        #expect(viewer.reasons == [.viewport, .viewer, .publisher, .started, .network])
        // The sound of all of them is there.
        #expect(viewer.allocation.allocated == .kilobitsPerSecond(400))
    }

    @Test func withoutAnEstimateNobodyIsPausedAndTheRestShares() {
        #expect(freshLevels([host(0)], nil) == [2])
        #expect(freshLevels([host(0, [6000])], nil) == [0])
        let many = freshLevels((0..<12).map { host($0, shown: half) }, nil)
        #expect(many == Array(repeating: 0, count: 12))
        #expect(freshLevels([host(0), host(1), host(2)], nil) == [1, 1, 1])
    }

    @Test func aSinglePublisherLayerThatDoesNotFitMakesNobodyWait() {
        let publishers = [
            host(0, [2500], shown: full).with { $0.isPinned = true }, host(1), host(2),
        ]
        #expect(freshLevels(publishers, 1000) == [-1, 0, 0])
        #expect(freshLevels(publishers, 2620) == [0, -1, -1])
        #expect(freshLevels(publishers, 3020) == [0, 0, 0])
    }

    @Test(
        "what is not measured yet is assumed, by size or else by rank",
        arguments: [
            ([0, 0, 0], webSizes, 1699, 1), ([0, 0, 0], webSizes, 1700, 2),
            ([0, 0, 0], [0, 0, 0], 1700, 2), ([0, 700, 2000], [0, 230_400, 0], 1999, 1),
            ([0], [0], 699, -1), ([0], [0], 700, 0), ([0], [3840 * 2160], 14_000, -1),
            ([0], [3840 * 2160], 15_000, 0),
        ] as [([Int64], [Int], Int64, Int)])
    func assumed(rates: [Int64], sizes: [Int], kilobits: Int64, level: Int) {
        let publisher = host(1, shown: full, audio: 0).with {
            $0.layers = OfferedLayers(
                rates.indices.map {
                    OfferedLayer(
                        stream: 10 + $0, rate: .kilobitsPerSecond(rates[$0]), pixels: sizes[$0])
                })
        }
        #expect(freshLevels([publisher], kilobits) == [level])
    }

    @Test func ridsMayComeInAnyOrder() {
        let publisher = host(1).with {
            let ordered = layers(of: 1)
            $0.layers = OfferedLayers([ordered[2], ordered[0], ordered[1]])
        }
        #expect([300, 1000, 2000].map { freshLevels([publisher], $0) } == [[0], [1], [2]])
    }

    @Test func totalsSayWhatIsGivenWantedAndMissing() {
        var viewer = WatchingViewer([host(0, shown: half), host(1, shown: thumbnail)])
        #expect(viewer.run(600) == [0, 0])
        let allocation = viewer.allocation
        #expect(allocation.allocated == .kilobitsPerSecond(480))
        // 980 kbit/s and the margin; the estimator stops looking at 0.95 of it.
        #expect(allocation.desired == .init(bitsPerSecond: 980_000 * 122 / 100))
        #expect(allocation.missing == .init(bitsPerSecond: 980_000 * 115 / 100 - 600_000))
        #expect(viewer.run(1200, for: .seconds(2)) == [1, 0])
        #expect(viewer.allocation.desired == .init(bitsPerSecond: 980_000 * 122 / 100))
        #expect(viewer.allocation.missing == nil)
    }
}
