import Forwarding
import Primitives

/// The web client's layers: 320 x 180, 640 x 360 and 1280 x 720 with 200, 700 and 1,700 kbit/s.
let webRates: [Int64] = [200, 700, 1700]
let webSizes = [320 * 180, 640 * 360, 1280 * 720]

/// Layers from the lowest on. Streams are numbered `key * 10 + level`.
func layers(
    of key: Int, _ kilobits: [Int64] = webRates, sizes: [Int] = webSizes, silent: Set<Int> = []
) -> OfferedLayers {
    OfferedLayers(
        kilobits.indices.map { level in
            OfferedLayer(
                stream: key * 10 + level, rate: .kilobitsPerSecond(kilobits[level]),
                pixels: level < sizes.count ? sizes[level] : 0, framesPerSecond: 30,
                isActive: !silent.contains(level))
        })
}

typealias Size = PictureSize
let thumbnail = Size(width: 320, height: 180)
let half = Size(width: 640, height: 360)
let full = Size(width: 1280, height: 720)
let hidden = Size(width: 0, height: 0)

/// A publisher with the web client's layers and sound of 40 kbit/s.
func host(
    _ key: Int, _ kilobits: [Int64] = webRates, shown: Size? = nil, audio: Int64 = 40
) -> WatchedPublisher {
    WatchedPublisher(
        key: key, audioRate: .kilobitsPerSecond(audio), layers: layers(of: key, kilobits),
        shown: shown)
}

extension WatchedPublisher {
    func with(_ change: (inout WatchedPublisher) -> Void) -> WatchedPublisher {
        var copy = self
        change(&copy)
        return copy
    }
}

/// One viewer in virtual time: what it watches, and what it is given run after run.
struct WatchingViewer {
    var allocator = LayerAllocator()
    var allocation = LayerAllocation()
    var now = Instant.zero + .seconds(100)
    var publishers: [WatchedPublisher]
    /// Switches that were not the first picture, as the time and the publisher's place.
    var switches: [(at: Instant, publisher: Int)] = []

    init(_ publishers: [WatchedPublisher]) { self.publishers = publishers }

    /// Runs once, so long after the last run, and returns the levels; -1 is a pause.
    mutating func run(_ kilobits: Int64?, after milliseconds: Int64 = 100) -> [Int] {
        run(target: kilobits.map(DataRate.kilobitsPerSecond), after: milliseconds)
    }

    mutating func run(target: DataRate?, after milliseconds: Int64 = 100) -> [Int] {
        now = now + .milliseconds(milliseconds)
        allocator.allocate(publishers, target: target, at: now, into: &allocation)
        for (place, pick) in allocation.picks.enumerated()
        where pick.isChanged && pick.reason != .started {
            switches.append((now, place))
        }
        return levels
    }

    /// Runs each 100 ms for so long.
    mutating func run(_ kilobits: Int64?, for duration: Duration) -> [Int] {
        for _ in 0..<(duration.nanoseconds / 100_000_000) { _ = run(kilobits) }
        return levels
    }

    /// After how many milliseconds `condition` holds, run each 100 ms.
    mutating func time(at kilobits: Int64?, until condition: ([Int]) -> Bool) -> Int64? {
        for step in Int64(0)..<1200 where condition(run(kilobits)) { return step * 100 }
        return nil
    }

    var levels: [Int] { allocation.picks.map { $0.stream.map { $0 % 10 } ?? -1 } }
    var reasons: [AllocationReason] { allocation.picks.map(\.reason) }

    /// The most switches that a publisher had in any such time.
    func mostSwitches(in window: Duration) -> Int {
        publishers.indices.map { place in
            let times = switches.filter { $0.publisher == place }.map(\.at)
            return times.map { start in
                times.count { $0 >= start && $0 < start + window }
            }.max() ?? 0
        }.max() ?? 0
    }
}

/// The picks of a viewer that has just come.
func freshLevels(_ publishers: [WatchedPublisher], _ kilobits: Int64?) -> [Int] {
    var viewer = WatchingViewer(publishers)
    return viewer.run(kilobits)
}
