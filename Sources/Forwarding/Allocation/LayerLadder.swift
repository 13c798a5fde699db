internal import Primitives

/// The active layers of one publisher from the lowest to the highest, with what each costs, and the
/// highest that is of use.
struct LayerLadder: Sendable {
    private struct Rung: Sendable {
        var stream = 0
        var pixels: Int64 = 0
        /// What was measured, 0 for nothing.
        var measuredPixels = 0
        /// No less than that of a lower rung, so that each step up costs something or nothing.
        var cost: Int64 = 0
        /// What it takes with the fewest frames; `nil`: no less.
        var least: Int64?
        var framesPerSecond = 0
    }

    private var rungs = InlineArray<3, Rung>(repeating: Rung())
    private(set) var count: Int8 = 0
    /// The highest level of use: -1 when there is none, or the viewer wants none.
    private(set) var top: Int8 = -1
    /// What the lowest level takes with all its frames.
    private var wholeLowest: Int64 = 0
    /// What the viewer wants to see, in pixels; at least one.
    private(set) var wanted: Int64 = 1
    let priority: UInt64

    init(of publisher: WatchedPublisher) {
        priority = publisher.priority
        let sizesAreKnown = takeActive(of: publisher.layers)
        sort(bySize: sizesAreKnown)
        if !sizesAreKnown { assumeSizes() }
        settleCosts()
        chooseTop(for: publisher)
    }

    func stream(_ level: Int8) -> Int? { level < 0 ? nil : rungs[Int(level)].stream }

    func level(of stream: Int?) -> Int8? {
        guard let stream else { return nil }
        return (0..<count).first { rungs[Int($0)].stream == stream }
    }

    /// What a level takes; nothing below the lowest.
    func cost(_ level: Int8) -> Int64 { level < 0 ? 0 : rungs[Int(level)].cost }

    /// The same with all its frames.
    func wholeCost(_ level: Int8) -> Int64 { level == 0 ? wholeLowest : cost(level) }

    func pixels(_ level: Int8) -> Int64 { level < 0 ? 0 : rungs[Int(level)].pixels }

    /// - Returns: whether all sizes are known.
    private mutating func takeActive(of layers: OfferedLayers) -> Bool {
        var sizesAreKnown = true
        let isAnyKnown = (0..<layers.count).contains {
            layers[$0].isActive && layers[$0].pixels > 0
        }
        for position in 0..<layers.count where layers[position].isActive {
            let layer = layers[position]
            // Of one that is just about to come the first packet will tell what it is.
            if isAnyKnown, layer.pixels == 0, layer.rate == .zero { continue }
            rungs[Int(count)] = Rung(
                stream: layer.stream,
                pixels: Int64(layer.pixels).clamped(to: 0...AllocationRules.largestPicture),
                measuredPixels: layer.pixels,
                cost: layer.rate.bitsPerSecond.clamped(to: 0...AllocationRules.largestRate),
                least: layer.leastRate?.bitsPerSecond,
                framesPerSecond: layer.framesPerSecond)
            sizesAreKnown = sizesAreKnown && layer.pixels > 0
            count += 1
        }
        return sizesAreKnown
    }

    /// By pixels, then by rate, then as offered. Rates alone decide while a size is unknown.
    private mutating func sort(bySize: Bool) {
        for end in 1..<max(1, Int(count)) {
            var place = end
            while place > 0, isLower(rungs[place], rungs[place - 1], bySize: bySize) {
                rungs.swapAt(place, place - 1)
                place -= 1
            }
        }
    }

    private func isLower(_ rung: Rung, _ other: Rung, bySize: Bool) -> Bool {
        if bySize, rung.pixels != other.pixels { return rung.pixels < other.pixels }
        return rung.cost < other.cost
    }

    private mutating func assumeSizes() {
        for level in 0..<Int(count) {
            rungs[level].pixels = AllocationRules.assumedPixels[count == 1 ? 1 : level]
        }
    }

    private mutating func settleCosts() {
        var below: Int64 = 0
        for level in 0..<Int(count) {
            if rungs[level].cost == 0 {
                rungs[level].cost = AllocationRules.assumedRate(
                    pixels: rungs[level].pixels, framesPerSecond: rungs[level].framesPerSecond)
            }
            below = max(below, rungs[level].cost)
            rungs[level].cost = below
        }
        // The lowest is given as long as its fewest frames can be.
        wholeLowest = rungs[0].cost
        if let least = rungs[0].least { rungs[0].cost = min(max(0, least), wholeLowest) }
    }

    private mutating func chooseTop(for publisher: WatchedPublisher) {
        let shown = publisher.shownPixels
        wanted = max(1, shown ?? AllocationRules.unsaidPixels)
        guard !publisher.isPaused, shown != 0, count > 0 else { return }
        if let preferred = preferredLayer(of: publisher) {
            top = level(notAbove: preferred)
            if top >= 0 { wanted = max(1, rungs[Int(top)].pixels) }
        } else {
            top = shown.map(smallestCovering) ?? count - 1
        }
    }

    private func preferredLayer(of publisher: WatchedPublisher) -> OfferedLayer? {
        guard let preferred = publisher.preferred else { return nil }
        let layers = publisher.layers
        return (0..<layers.count).first { layers[$0].stream == preferred }.map { layers[$0] }
    }

    /// The level of a layer that is asked for, or where it does not arrive, of the next lower one. One
    /// that never arrived has no size: the lowest then.
    private func level(notAbove layer: OfferedLayer) -> Int8 {
        if let level = level(of: layer.stream) { return level }
        guard layer.pixels > 0 else { return 0 }
        return (0..<count).last {
            let pixels = rungs[Int($0)].measuredPixels
            return pixels > 0 && pixels <= layer.pixels
        } ?? -1
    }

    private func smallestCovering(_ shown: Int64) -> Int8 {
        (0..<count).first {
            rungs[Int($0)].pixels * AllocationRules.coverPercent / 100 >= shown
        } ?? count - 1
    }
}
