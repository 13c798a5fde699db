internal import Primitives

extension LayerAllocator {
    /// Up with patience: chooses the final levels from those that are kept and those that are due.
    mutating func raise(
        _ budget: PictureBudget, in allocation: inout LayerAllocation, at now: Instant
    ) {
        allocation.fillWithMargin(budget)
        if states.contains(where: \.isEager) { allocation.fillFresh(budget) }
        findBounds(in: &allocation, at: now)
        // What is due has its place in the sequence; what is kept stands behind it where that is so.
        allocation.sequence.fill(
            budget.rate, carriesLowest: !budget.isKnown, bounds: allocation.bounds, at: .isPassed,
            into: &allocation.final)
        // Nobody gives way for nothing.
        let anybodyRises = states.indices.contains {
            allocation.final[$0] > allocation.kept[$0]
        }
        for index in states.indices where allocation.final[index] < allocation.kept[index] {
            let level = allocation.final[index]
            allocation.final[index] =
                anybodyRises ? states[index].fall(to: level, at: now) : allocation.kept[index]
        }
    }

    /// Finds the level that each publisher has at most in this run. Nobody rises above one that is pinned
    /// and waits for its time.
    private mutating func findBounds(in allocation: inout LayerAllocation, at now: Instant) {
        var ceiling = Int64.max
        for index in states.indices where states[index].wish.isPinned {
            let level = bound(index, below: .max, in: allocation, at: now)
            allocation.bounds[index] = level
            if level < allocation.roomy[index] {
                ceiling = min(ceiling, allocation.ladders[index].pixels(level))
            }
        }
        for index in states.indices where !states[index].wish.isPinned {
            allocation.bounds[index] = bound(index, below: ceiling, in: allocation, at: now)
        }
    }

    /// The level that a publisher has at most: what is kept, or what is due.
    ///
    /// - Parameter ceiling: the pixels that it does not exceed by patience.
    private mutating func bound(
        _ index: Int, below ceiling: Int64, in allocation: LayerAllocation, at now: Instant
    ) -> Int8 {
        let kept = allocation.kept[index]
        let ladder = allocation.ladders[index]
        if states[index].takeEagerness(of: ladder, at: now) {
            states[index].risingSince = .zero
            return max(kept, allocation.fresh[index])
        }
        let falls = kept < min(allocation.current[index], ladder.top)
        var level = states[index].rise(
            from: kept, to: falls ? kept : allocation.roomy[index], at: now)
        while level > kept, ladder.pixels(level) > ceiling { level -= 1 }
        return level
    }

    /// Writes a publisher's pick, and remembers what the next run has to know.
    mutating func settle(_ index: Int, in allocation: inout LayerAllocation, at now: Instant) {
        let ladder = allocation.ladders[index]
        let level = allocation.final[index]
        let stream = ladder.stream(level)
        let isChanged = stream != states[index].stream
        if isChanged || stream == nil {
            let reason = states[index].reason(
                for: level, kept: allocation.kept[index], of: allocation.current[index], in: ladder)
            if isChanged {
                states[index].noteSwitch(
                    from: allocation.current[index], to: level, because: reason,
                    isGathering: isGathering(at: now), at: now)
            }
            states[index].reason = reason
        }
        if let rises = states[index].risesAt(from: level), rises > now {
            allocation.risesAt = min(allocation.risesAt ?? rises, rises)
        }
        states[index].takesNewLayer = false
        states[index].stream = stream
        states[index].level = level
        states[index].noteLimit(
            level, below: ladder.top,
            hasFallen: level < min(allocation.current[index], ladder.top))
        allocation.picks[index] = LayerAllocation.Pick(
            stream: stream, reason: states[index].reason,
            rate: DataRate(bitsPerSecond: ladder.cost(level)), isChanged: isChanged)
    }
}

extension WatchState {
    /// Why it is at `level` now, or stays without a picture.
    func reason(
        for level: Int8, kept: Int8, of current: Int8, in ladder: LayerLadder
    ) -> AllocationReason {
        if level < 0, ladder.top < 0 {
            if wish.isPaused { return .viewer }
            return wish.shownPixels == 0 ? .viewport : .publisher
        }
        if level < 0, current < 0 { return reason == .priority ? .priority : .network }
        if !hasStarted { return .started }
        if level > current { return cause }
        if level < kept { return .priority }
        if kept < min(current, ladder.top) { return .network }
        let hasVanished = ladder.level(of: stream) == nil
        return hasVanished ? .publisher : wishChange ?? .publisher
    }

    mutating func noteSwitch(
        from current: Int8, to level: Int8, because reason: AllocationReason, isGathering: Bool,
        at now: Instant
    ) {
        switch reason {
        case .publisher where takesNewLayer: base = -1
        case .network, .priority, .publisher:
            if isGathering, excused < AllocationRules.excusedSwitches {
                excused += 1
                (hasRisen, base) = (false, -1)
            } else {
                count(from: current, to: level, at: now)
            }
        case .started, .viewport, .preference, .viewer:
            hasRisen = false
            base = -1
        }
        if level >= 0 { hasStarted = true }
        lastSwitch = now
        risingSince = .zero
    }

    /// Remembers whether the publisher has all that is of use, and if not, what it lacks it for.
    mutating func noteLimit(_ level: Int8, below top: Int8, hasFallen: Bool) {
        let wasSatisfied = isSatisfied
        isSatisfied = level == top
        if isSatisfied {
            cause = .publisher
        } else if hasFallen {
            cause = .network
        } else if wasSatisfied, !isEager {
            // A wish that was not granted waits for the network; otherwise a layer came back.
            cause = wishChange == nil ? .publisher : .network
        }
    }
}
