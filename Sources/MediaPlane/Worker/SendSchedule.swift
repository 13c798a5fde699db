package import Primitives

/// Which viewers are to be sent something, of which of their tracks, and when: a timing wheel whose
/// slots are lists through two arrays, so that entering and taking a viewer costs some nanoseconds
/// and no memory, and one that is wanted earlier moves there.
///
/// Streams arrive side by side, and each knows its subscribers; what one viewer gets of all of them
/// is sent together when its turn comes, as few messages. What is to be sent is not kept here: it
/// follows from how far each track has come in its stream's history.
package struct SendSchedule: Sendable {
    /// The time that a slot stands for. Who is to wait waits up to one more.
    package static let slot: Int64 = 250_000
    private static let slots: Int64 = 64
    private static let none: Int32 = -1

    /// A viewer's place in the wheel.
    private struct Place {
        var next = SendSchedule.none
        var previous = SendSchedule.none
        /// Where it stands; -1 for nowhere.
        var tick: Int64 = -1
        /// The tracks that have something, one bit each.
        var tracks: UInt64 = 0
        /// Until when what it has was kept back on purpose.
        var heldUntil = Instant.zero
    }

    private var places: [Place]
    private var ends = [(first: Int32, last: Int32)](repeating: (none, none), count: Int(slots))
    /// The slots that are not empty, one bit each.
    private var taken: UInt64 = 0
    /// Nobody stands before this tick, nor ``slots`` or more after it.
    private var base: Int64 = 0

    /// - Parameter peers: how many there can be.
    package init(peers: Int) { places = Array(repeating: Place(), count: peers) }

    /// Has a viewer sent what a track has, at the next opportunity.
    @inline(__always)
    package mutating func enter(track: Int, of viewer: Int, at now: Instant) {
        places[viewer].tracks |= 1 << UInt64(track)
        place(viewer, at: Self.tick(of: now), now: now)
    }

    /// Has a viewer sent what a track has, not before `moment` if nothing else is sent earlier.
    @inline(__always)
    package mutating func enter(
        track: Int, of viewer: Int, holdingUntil moment: Instant, at now: Instant
    ) {
        places[viewer].tracks |= 1 << UInt64(track)
        hold(viewer, until: moment, at: now)
    }

    /// Has a viewer looked at once more, at `moment` at the earliest.
    package mutating func hold(_ viewer: Int, until moment: Instant, at now: Instant) {
        guard places[viewer].tick < 0 else { return }
        places[viewer].heldUntil = moment
        if taken != 0 { base = max(base, min(firstTick, Self.tick(of: now))) }
        place(
            viewer, at: Self.tick(of: moment.advanced(nanoseconds: Self.slot - 1)),
            now: now)
    }

    /// Takes a viewer whose time has come, the longest waiting first.
    package mutating func pop(at now: Instant) -> Int? {
        guard taken != 0 else { return nil }
        let tick = firstTick
        guard tick <= Self.tick(of: now) else { return nil }
        base = tick
        let viewer = Int(ends[Self.index(of: tick)].first)
        remove(viewer)
        return viewer
    }

    /// When ``pop(at:)`` next has somebody.
    package var soonest: Instant? {
        taken == 0 ? nil : Instant(nanoseconds: UInt64(firstTick * Self.slot))
    }

    package func tracks(of viewer: Int) -> UInt64 { places[viewer].tracks }

    package func heldUntil(_ viewer: Int) -> Instant { places[viewer].heldUntil }

    /// Notes what a viewer has left to be sent after its turn.
    package mutating func settle(_ viewer: Int, leaving tracks: UInt64) {
        places[viewer].tracks = tracks
        places[viewer].heldUntil = .zero
    }

    /// Forgets a viewer.
    package mutating func forget(_ viewer: Int) {
        if places[viewer].tick >= 0 { remove(viewer) }
        places[viewer] = Place()
    }

    // MARK: - The wheel

    private static func tick(of moment: Instant) -> Int64 { Int64(moment.nanoseconds) / slot }

    private static func index(of tick: Int64) -> Int { Int(tick & (slots - 1)) }

    /// The slot of the viewers that come first.
    private var firstTick: Int64 {
        let shift = UInt64(base & (Self.slots - 1))
        let ahead = taken >> shift | (shift == 0 ? 0 : taken << (64 - shift))
        return base + Int64(ahead.trailingZeroBitCount)
    }

    /// Puts a viewer at a tick, unless it stands at an earlier one.
    @inline(__always)
    private mutating func place(_ viewer: Int, at wanted: Int64, now: Instant) {
        if places[viewer].tick >= 0 {
            guard wanted < places[viewer].tick else { return }
            remove(viewer)
        }
        if taken == 0 { base = Self.tick(of: now) }
        append(viewer, at: min(max(wanted, base), base + Self.slots - 1))
    }

    private mutating func append(_ viewer: Int, at tick: Int64) {
        let index = Self.index(of: tick)
        let last = ends[index].last
        places[viewer].tick = tick
        places[viewer].previous = last
        places[viewer].next = Self.none
        if last == Self.none {
            ends[index].first = Int32(viewer)
            taken |= 1 << UInt64(index)
        } else {
            places[Int(last)].next = Int32(viewer)
        }
        ends[index].last = Int32(viewer)
    }

    private mutating func remove(_ viewer: Int) {
        let index = Self.index(of: places[viewer].tick)
        let (next, previous) = (places[viewer].next, places[viewer].previous)
        if previous == Self.none {
            ends[index].first = next
        } else {
            places[Int(previous)].next = next
        }
        if next == Self.none {
            ends[index].last = previous
        } else {
            places[Int(next)].previous = previous
        }
        if ends[index].first == Self.none { taken &= ~(1 << UInt64(index)) }
        places[viewer].tick = -1
    }
}
