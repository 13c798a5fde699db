internal import Congestion
internal import Forwarding
internal import Primitives
internal import Signalling

/// A publisher in one of a viewer's slots: where it is, and how its picture is wanted.
struct Watch {
    /// Its place in the worker's table.
    let publisher: Int
    /// Names it to the allocator: a place is given again, with another generation.
    let key: Int
    /// Its tracks that feed the slot's.
    var sound: Int?
    var picture: Int?
    var wish: PictureWish

    init(of publisher: Int, generation: UInt32, wish: PictureWish?) {
        self.publisher = publisher
        key = Int(generation) << 32 | publisher
        self.wish = wish ?? PictureWish()
    }
}

extension Viewer {
    /// Takes a wish, for now and for when its publisher comes.
    ///
    /// - Returns: false when there are as many as may be.
    mutating func note(_ wish: PictureWish, of publisher: ParticipantID) -> Bool {
        guard wishes[publisher] != nil || wishes.count < Forwarding.Limits.allocatedPublishers
        else { return false }
        wishes[publisher] = wish
        if let slot = map.slot(of: publisher) { watches[slot]?.wish = wish }
        return true
    }

    /// Divides what its network carries.
    mutating func allocate(
        _ watched: [WatchedPublisher], at now: Instant, into allocation: inout LayerAllocation
    ) {
        // Of the sound that it gets, what its estimator does not hear of.
        let sound = watched.reduce(DataRate.zero) { $0.adding($1.audioRate) }
        let unmeasured = tellsOfSound ? .zero : sound
        if isEstimated {
            // Here, too, because nothing may be sent that would ask it to.
            estimator!.tick(at: now)
            let isOnTrial = isOnTrial(at: now)
            allocator.allocate(
                watched, target: estimator!.target.adding(unmeasured),
                isMeasured: estimator!.hasLimit && !isOnTrial, at: now, into: &allocation)
            risesFrom = allocation.missing.flatMap {
                $0 > .zero ? estimator!.target.adding($0) : nil
            }
            noteStarvation(allocation, at: now)
            // Before there is a picture nobody knows what will be wanted.
            if watched.contains(where: { $0.layers.count > 0 }) {
                estimator!.noteDesired(allocation.desired.subtracting(unmeasured))
            }
        } else {
            allocator.allocate(watched, target: nil, at: now, into: &allocation)
        }
        allocated = allocation.allocated.subtracting(unmeasured)
        if !isEstimated {
            pacing.setRate(blindPace(for: watched.count { $0.layers.count > 0 }))
        }
        allocatedSound = sound.subtracting(unmeasured)
    }

    /// False for a viewer that tells what arrives of pictures only: Firefox numbers no sound. What its network
    /// carries of pictures is measured beside that sound, which is not to be set aside once more.
    private var tellsOfSound: Bool { transportWide == 0 || transportWide & ~pictures != 0 }

    /// Has an estimator of many pictures begin with care: their first keyframes come at once.
    mutating func noteCrowd() {
        isCrowded = watches.count { $0?.picture != nil } >= Limits.crowd
        if isCrowded, isEstimated { estimator!.beginWithCare() }
    }

    /// What its network carries; `nil` while it has shown no limit. Mutating, because what is only read through
    /// an optional is copied first.
    mutating func measuredTarget() -> DataRate? {
        isEstimated && estimator!.hasLimit ? estimator!.target : nil
    }

    /// What its network carries besides what was set aside; `nil` while nothing says what it carries.
    mutating func spareRate() -> DataRate? { measuredTarget()?.subtracting(allocated) }

    /// Whether its only picture is tried, whatever its network was found to carry.
    private mutating func isOnTrial(at now: Instant) -> Bool {
        // Where its queue fills, the network is as narrow as it was taken for.
        if hasStandingQueue() { trialEnds = .zero }
        if let starvedSince, now - starvedSince >= Limits.starvation {
            trialEnds = now + Limits.trial
        }
        return now < trialEnds
    }

    private mutating func noteStarvation(_ allocation: LayerAllocation, at now: Instant) {
        let hasPicture = allocation.picks.contains { $0.stream != nil }
        let isShort = allocation.picks.contains { $0.stream == nil && $0.reason == .network }
        starvedSince = !hasPicture && isShort ? starvedSince ?? now : nil
    }

    /// Whether packets of its own wait on their way to it: what is sent then comes late, or not at all.
    mutating func hasStandingQueue() -> Bool {
        isEstimated && estimator!.queueDelay >= Limits.standingQueue && !estimator!.isCompeting
    }

    /// Whether its network no longer carries what was set aside. Mutating, because what is only read
    /// through an optional is copied first.
    mutating func isOverTarget() -> Bool { isEstimated && estimator!.target < allocated }

    /// Whether its network carries more now, and enough for a layer to go up.
    mutating func hasRoomToRise() -> Bool {
        guard isEstimated, let risesFrom else { return false }
        return estimator!.target >= risesFrom
    }
}

extension LayerReason {
    init(_ reason: AllocationReason) {
        self =
            switch reason {
            case .started: .started
            case .network, .priority: .network
            case .publisher: .publisher
            case .viewport, .preference, .viewer: .requested
            }
    }
}
