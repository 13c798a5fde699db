internal import Primitives

extension WatchState {
    /// Takes what the viewer gets already when the allocator is new to it.
    mutating func adopt(_ current: Int?, in ladder: LayerLadder) {
        guard !hasStarted, stream == nil, isEager, let level = ladder.level(of: current) else {
            return
        }
        stream = current
        self.level = level
        reason = .started
        hasStarted = true
        isEager = false
    }

    /// A wish for more than was of use before is answered at once, and so is a pin.
    mutating func note(_ wish: Wish) {
        wishChange = wish.reason(after: self.wish)
        guard let wishChange else { return }
        if isSatisfied || (wish.isPinned && !self.wish.isPinned) {
            isEager = true
            cause = wishChange
        }
        self.wish = wish
    }

    /// A layer more than there ever was is looked at without patience: hosts bring theirs one after the
    /// other.
    /// - Returns: whether these are its first.
    mutating func noteLayers(_ count: Int8) -> Bool {
        guard count > mostLayers else { return false }
        defer { mostLayers = count }
        // What it had when the allocator was new to it is not new.
        if mostLayers > 0 || !hasStarted {
            isEager = true
            hasNewLayer = true
        }
        return mostLayers == 0
    }

    /// The level of what was picked last; where that layer vanished, of the next lower one, or the lowest.
    func place(in ladder: LayerLadder) -> Int8 {
        guard stream != nil, ladder.count > 0 else { return -1 }
        return ladder.level(of: stream) ?? (level - 1).clamped(to: 0...ladder.count - 1)
    }

    /// Whether its lowest layer, which does not fit, is kept for now.
    mutating func squeeze(_ isSqueezed: Bool, for hold: UInt64, at now: Instant) -> Bool {
        guard isSqueezed else {
            squeezedSince = .zero
            return false
        }
        if squeezedSince == .zero { squeezedSince = now }
        return squeezedSince.isWithin(hold, of: now)
    }

    /// Whether its level may be chosen anew, whatever it had before.
    mutating func takeEagerness(of ladder: LayerLadder, at now: Instant) -> Bool {
        guard isEager, ladder.top >= 0,
            hasNewLayer || !lastSwitch.isWithin(AllocationRules.wishInterval, of: now)
        else { return false }
        isEager = false
        takesNewLayer = hasNewLayer
        hasNewLayer = false
        return true
    }

    /// The level that it may rise to: what fitted, with the margin, long enough.
    ///
    /// - Parameter roomy: the level that fits with the margin now.
    mutating func rise(from level: Int8, to roomy: Int8, at now: Instant) -> Int8 {
        guard roomy > level else {
            risingSince = .zero
            return level
        }
        if risingSince == .zero {
            risingSince = now
            risingLevel = roomy
        }
        risingLevel = min(risingLevel, roomy)
        let isDue = risesAt(from: level).map { $0 <= now } ?? false
        return isDue ? max(level, risingLevel) : level
    }

    /// When a step up is due that fits; `nil`: none does.
    func risesAt(from level: Int8) -> Instant? {
        guard risingSince != .zero else { return nil }
        let hold = level < 0 ? patience.resumeHold : patience.hold
        return max(risingSince.end(of: hold), lastDown.end(of: patience.rest), restlessUntil)
    }
}
