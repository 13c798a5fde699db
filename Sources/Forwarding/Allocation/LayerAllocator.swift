package import Primitives

/// Divides what a viewer's network carries among the publishers that it watches.
///
/// A value: the target rate, the publishers with their layers and the viewer's wishes, and time in; a
/// stream or a pause for each publisher out. Sound comes first, then everybody's lowest layer by
/// priority, then whoever is farthest below what it is shown at. It goes down at once and up with
/// patience. Docs/layer-allocation.md is its page. In steady state nothing is allocated.
package struct LayerAllocator: Equatable, Sendable {
    /// In the order of the publishers of the last run.
    var states: [WatchState] = []
    /// When a publisher was last new, to a viewer who had others already.
    private var newcomerAt = Instant.zero

    /// What each publisher takes, in bytes.
    package static var bytesPerPublisher: Int { MemoryLayout<WatchState>.stride }

    /// - Parameter publishers: for how many there is room from the start.
    package init(publishers: Int = 12) {
        states.reserveCapacity(publishers.clamped(to: 0...Limits.allocatedPublishers))
    }

    /// Divides. It is run when the target, a wish or a layer changes, and at least four times a second,
    /// since what it waits for is looked at in runs only.
    ///
    /// - Parameters:
    ///   - publishers: all that the viewer watches, each key once; of more than
    ///     ``Limits/allocatedPublishers`` the rest gets its sound only.
    ///   - target: what the viewer's network carries; `nil` while nothing says so. Then lowest layers
    ///     are given to all, and those above share 2.5 Mbit/s.
    ///   - isMeasured: the target is more than a first assumption. As long as it is not, the only picture
    ///     that there is is given its lowest layer in any case.
    ///   - allocation: receives the result.
    package mutating func allocate(
        _ publishers: [WatchedPublisher], target: DataRate?, isMeasured: Bool = true,
        at now: Instant, into allocation: inout LayerAllocation
    ) {
        align(with: publishers)
        allocation.prepare(publishers, count: states.count)
        let budget = PictureBudget(
            target, isMeasured: isMeasured || !allocation.hasOnePicture,
            sound: Self.soundRate(of: publishers))
        let patience: WatchState.Patience = allocation.hasOnePicture ? .lone : .shared
        var isAnyNew = false
        for index in states.indices {
            states[index].patience = patience
            let isNew = place(index, publishers[index], in: &allocation)
            isAnyNew = isAnyNew || isNew
        }
        if isAnyNew, states.contains(where: \.hasStarted) { newcomerAt = now }
        // The only picture is tried without patience: where nothing is sent, nothing is measured.
        if target != nil, !budget.isKnown {
            for index in states.indices where allocation.current[index] < 0 {
                states[index].isEager = true
            }
        }
        keepWhatFits(budget, in: &allocation, at: now)
        raise(budget, in: &allocation, at: now)
        allocation.risesAt = nil
        for index in states.indices { settle(index, in: &allocation, at: now) }
        allocation.settleTotals(budget)
    }

    private static func soundRate(of publishers: [WatchedPublisher]) -> Int64 {
        var rate: Int64 = 0
        for publisher in publishers {
            rate += publisher.audioRate.bitsPerSecond.clamped(
                to: 0...AllocationRules.largestAudioRate)
        }
        return rate
    }

    /// Brings the states into the publishers' order, new ones for new keys, and lets the others go.
    private mutating func align(with publishers: [WatchedPublisher]) {
        let count = min(publishers.count, Limits.allocatedPublishers)
        for index in 0..<count {
            let key = publishers[index].key
            if index < states.count, states[index].key == key { continue }
            if let place = (index..<max(index, states.count)).first(where: { states[$0].key == key }
            ) {
                states.swapAt(index, place)
            } else {
                states.append(WatchState(publishers[index]))
                states.swapAt(index, states.count - 1)
            }
        }
        states.removeLast(states.count - count)
    }

    /// Publishers come one after the other, and what the first were given is divided again.
    func isGathering(at now: Instant) -> Bool {
        newcomerAt.isWithin(AllocationRules.gathering, of: now)
    }

    /// Finds the level that a publisher is at now, and notes what is new in the viewer's wish.
    /// - Returns: whether its first layers are there for the first time.
    private mutating func place(
        _ index: Int, _ publisher: WatchedPublisher, in allocation: inout LayerAllocation
    ) -> Bool {
        let ladder = allocation.ladders[index]
        states[index].adopt(publisher.current, in: ladder)
        states[index].note(WatchState.Wish(publisher))
        if ladder.count == 0 { states[index].isEager = true }
        let isNew = states[index].noteLayers(ladder.count)
        allocation.current[index] = states[index].place(in: ladder)
        return isNew
    }

    /// Down at once: of what is given now, what is still of use and fits.
    private mutating func keepWhatFits(
        _ budget: PictureBudget, in allocation: inout LayerAllocation, at now: Instant
    ) {
        for index in states.indices {
            allocation.bounds[index] = min(
                allocation.current[index], allocation.ladders[index].top)
        }
        allocation.sequence.fill(
            budget.rate, carriesLowest: !budget.isKnown, bounds: allocation.bounds, at: .isPassed,
            into: &allocation.kept)
        keepLowest(budget, in: &allocation, at: now)
        for index in states.indices where allocation.kept[index] < allocation.bounds[index] {
            allocation.kept[index] = max(
                states[index].fall(to: allocation.kept[index], at: now),
                // What is kept in spite of the target falls no further.
                states[index].squeezedSince == .zero ? -1 : min(0, allocation.kept[index]))
        }
    }

    /// Keeps lowest layers for a while that do not fit, if it is not by much.
    private mutating func keepLowest(
        _ budget: PictureBudget, in allocation: inout LayerAllocation, at now: Instant
    ) {
        var given = budget.sound
        for index in states.indices {
            let level =
                allocation.bounds[index] < 0 ? -1 : max(0, allocation.kept[index])
            given += allocation.ladders[index].cost(level)
        }
        let isLone = allocation.hasOnePicture
        let percent =
            isLone ? AllocationRules.loneSqueezePercent : AllocationRules.squeezePercent
        let isClose = given * 100 <= budget.target * percent
        let hold = isLone ? AllocationRules.loneSqueezeHold : AllocationRules.squeezeHold
        for index in states.indices {
            let isSqueezed = allocation.kept[index] < 0 && allocation.bounds[index] >= 0
            if states[index].squeeze(isSqueezed && isClose, for: hold, at: now) {
                allocation.kept[index] = 0
            }
        }
    }
}

/// What there is for pictures, from the target.
struct PictureBudget {
    let target: Int64
    let sound: Int64
    let isKnown: Bool

    init(_ target: DataRate?, isMeasured: Bool, sound: Int64) {
        let range = 0...AllocationRules.largestTarget
        self.target =
            target?.bitsPerSecond.clamped(to: range) ?? AllocationRules.assumedRate + sound
        self.sound = sound
        isKnown = target != nil && isMeasured
    }

    var rate: Int64 { max(0, target - sound) }
    /// What is left with the margin for going up.
    var roomyRate: Int64 { max(0, target * 100 / AllocationRules.marginPercent - sound) }
}
