internal import Primitives

extension LayerAllocation {
    /// Makes room for a run over the first `count` publishers; those behind them are paused.
    mutating func prepare(_ publishers: [WatchedPublisher], count: Int) {
        ladders.removeAll(keepingCapacity: true)
        picks.removeAll(keepingCapacity: true)
        for publisher in publishers {
            if ladders.count < count { ladders.append(LayerLadder(of: publisher)) }
            picks.append(
                Pick(stream: nil, reason: .network, rate: .zero, isChanged: false))
        }
        sequence.prepare(publishers, ladders)
        current.clear(count)
        kept.clear(count)
        roomy.clear(count)
        fresh.clear(count)
        bounds.clear(count)
        final.clear(count)
    }

    /// No more than one publisher has a picture that is wanted.
    var hasOnePicture: Bool {
        var count = 0
        for index in ladders.indices where ladders[index].top >= 0 { count += 1 }
        return count <= 1
    }

    /// What everybody could have with the margin for going up. What a large step leaves, because it does
    /// not fit, goes to smaller ones behind it.
    mutating func fillWithMargin(_ budget: PictureBudget) {
        takeTops()
        sequence.fill(
            budget.roomyRate, carriesLowest: !budget.isKnown, bounds: bounds, at: .isPassed,
            into: &roomy)
    }

    /// What everybody would have if nobody had anything yet.
    mutating func fillFresh(_ budget: PictureBudget) {
        takeTops()
        sequence.fill(
            budget.rate, carriesLowest: !budget.isKnown, bounds: bounds, at: .ends, into: &fresh)
    }

    private mutating func takeTops() {
        for index in ladders.indices { bounds[index] = ladders[index].top }
    }

    mutating func settleTotals(_ budget: PictureBudget) {
        var given = budget.sound
        var best = budget.sound
        for index in ladders.indices {
            given += ladders[index].cost(final[index])
            best += ladders[index].wholeCost(ladders[index].top)
        }
        allocated = DataRate(bitsPerSecond: given)
        desired = DataRate(bitsPerSecond: best * AllocationRules.desiredPercent / 100)
        guard let next = sequence.nextCost(after: final) else {
            missing = nil
            return
        }
        let needed = (given + next) * AllocationRules.marginPercent / 100
        missing = DataRate(bitsPerSecond: max(0, needed - budget.target))
    }
}

extension [Int8] {
    /// So many levels, all of them none.
    fileprivate mutating func clear(_ count: Int) {
        removeAll(keepingCapacity: true)
        for _ in 0..<count { append(-1) }
    }
}
