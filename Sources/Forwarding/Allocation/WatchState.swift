internal import Primitives

/// What the allocator remembers of one publisher: what it gave, and the times that patience needs.
struct WatchState: Equatable, Sendable {
    /// What a viewer wants, as far as it may be answered at once.
    struct Wish: Equatable, Sendable {
        var shownPixels: Int64?
        var preferred: Int?
        var isPinned: Bool
        var isPaused: Bool

        init(_ publisher: WatchedPublisher) {
            shownPixels = publisher.shownPixels
            preferred = publisher.preferred
            isPinned = publisher.isPinned
            isPaused = publisher.isPaused
        }

        func reason(after other: Wish) -> AllocationReason? {
            if isPaused != other.isPaused { return .viewer }
            if preferred != other.preferred || isPinned != other.isPinned { return .preference }
            return shownPixels != other.shownPixels ? .viewport : nil
        }
    }

    /// How long it waits before it goes up.
    struct Patience: Equatable, Sendable {
        /// For so long there must have been enough.
        var hold: UInt64
        /// And so long before a pause ends.
        var resumeHold: UInt64
        /// So long it stays after a step down.
        var rest: UInt64
        /// For so long its switches are remembered.
        var window: UInt64

        static let shared = Patience(
            hold: AllocationRules.hold, resumeHold: AllocationRules.resumeHold,
            rest: AllocationRules.restAfterDown, window: AllocationRules.switchWindow)
        static let lone = Patience(
            hold: AllocationRules.loneHold, resumeHold: AllocationRules.loneHold,
            rest: AllocationRules.loneRestAfterDown, window: AllocationRules.loneSwitchWindow)
    }

    let key: Int
    var wish: Wish
    /// What was picked last.
    var stream: Int?
    /// Its place in the ladder of then.
    var level: Int8 = -1
    var reason = AllocationReason.publisher
    /// What in the wish is new in this run.
    var wishChange: AllocationReason?
    /// What the next step up will be owed to.
    var cause = AllocationReason.network
    /// It had all that was of use; a wish for more is answered at once.
    var isSatisfied = false
    /// Its next step up need not wait: it is new, or the viewer asked for more.
    var isEager = true
    var hasStarted = false
    /// Switches that were not counted, because publishers were new.
    var excused = 0
    /// As many layers as it ever had at once.
    var mostLayers: Int8 = 0
    /// A layer is new: it starts with a keyframe, so that nothing is lost by going there at once.
    var hasNewLayer = false
    /// In this run its level is chosen anew because of that.
    var takesNewLayer = false
    /// The last switch was one up, by patience.
    var hasRisen = false
    /// Where it falls back to when that does not last; -1: to what fits.
    var base: Int8 = -1
    /// The highest level that fitted with the margin all the time since ``risingSince``.
    var risingLevel: Int8 = -1
    /// The only picture has less.
    var patience = Patience.shared
    // Zero: never.
    /// Since when its lowest layer has not fitted.
    var squeezedSince = Instant.zero
    var risingSince = Instant.zero
    var lastDown = Instant.zero
    var lastSwitch = Instant.zero
    /// The last three switches that nobody wished for, the latest first.
    private var latest = Instant.zero
    private var second = Instant.zero
    private var third = Instant.zero

    init(_ publisher: WatchedPublisher) {
        key = publisher.key
        wish = Wish(publisher)
    }

    /// Three switches within a minute are so many that it stays where it is.
    func isRestless(at now: Instant) -> Bool { now < restlessUntil }

    var restlessUntil: Instant { third.end(of: patience.window) }

    /// Remembers a switch that nobody wished for.
    mutating func count(from old: Int8, to new: Int8, at now: Instant) {
        (latest, second, third) = (now, latest, second)
        hasRisen = new > old
        if hasRisen {
            if !lastDown.isWithin(patience.window, of: now) { base = old }
        } else {
            lastDown = now
            base = new
        }
    }

    /// The level that a fall to `level` ends at: a step up that did not last is taken back whole, and
    /// who is restless goes to the lowest, so that a rate that swings costs one switch down, not
    /// several. One that is pinned would lose to others by that, and the only picture gains nothing.
    func fall(to level: Int8, at now: Instant) -> Int8 {
        guard !wish.isPinned, patience != .lone else { return level }
        if isRestless(at: now) { return min(level, 0) }
        let wasShort = hasRisen && lastSwitch.isWithin(patience.window, of: now)
        return wasShort && base >= 0 ? min(level, base) : level
    }
}

extension Instant {
    /// So many nanoseconds later. Zero stands for never, and stays that.
    func end(of nanoseconds: UInt64) -> Instant {
        self == .zero ? .zero : advanced(nanoseconds: Int64(nanoseconds))
    }

    /// Whether `now` is less than so many nanoseconds later.
    func isWithin(_ nanoseconds: UInt64, of now: Instant) -> Bool { now < end(of: nanoseconds) }
}
