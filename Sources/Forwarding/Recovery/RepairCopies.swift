package import Primitives

/// What was sent to a viewer, and goes once more a little later: a network that lost a packet may lose its
/// repair, too, and the viewer would ask for that only a round trip later.
///
/// A queue with a bound; each copy is due ``Limits/copyDelay`` after what it repeats, so that one burst of losses
/// does not hit both, but after what was noted before it. Empty, without memory, until the first.
package struct RepairCopies: Hashable, Sendable {
    package struct Copy: Hashable, Sendable {
        package var track: Int
        /// The packet's unwrapped outgoing number.
        package var sequence: Int64
        package var due: Instant
        /// How often it goes after that.
        package var left: Int
    }

    private var copies: [Copy] = []
    /// How many of ``copies`` have been taken.
    private var taken = 0

    package init() {}

    package var isEmpty: Bool { copies.isEmpty }

    /// When the first is due.
    package var soonest: Instant? { copies.isEmpty ? nil : copies[taken].due }

    /// Notes what is sent at `now`, and is to go so many times more; nothing when as many wait as may.
    package mutating func add(
        _ sequence: Int64, onTrack track: Int, times: Int = 1, at now: Instant
    ) {
        guard copies.count - taken < Limits.waitingCopies else { return }
        if copies.count == Limits.waitingCopies {
            copies.removeFirst(taken)
            taken = 0
        }
        if copies.isEmpty { copies.reserveCapacity(Limits.waitingCopies) }
        copies.append(
            Copy(
                track: track, sequence: sequence, due: now + Limits.copyDelay, left: times - 1))
    }

    /// Takes the first, when it is due.
    package mutating func pop(at now: Instant) -> Copy? {
        guard !copies.isEmpty, copies[taken].due <= now else { return nil }
        defer {
            taken += 1
            if taken == copies.count {
                copies.removeAll(keepingCapacity: true)
                taken = 0
            }
        }
        return copies[taken]
    }
}
