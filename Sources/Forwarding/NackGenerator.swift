package import Primitives
internal import RTP

/// Watches one stream for holes and says which packets to ask for, and when (RFC 4585 §6.2.1).
///
/// A packet is asked for when it is late by ``Limits/reorderingTolerance``, then again each round
/// trip, at most ``Limits/nackAttempts`` times and for ``Limits/nackLifetime``.
package struct NackGenerator: Sendable {
    private struct Missing: Sendable {
        var sequence: Int64
        var since: Instant
        var nextRequest: Instant
        var attempts = 0
    }

    package enum Observation: Hashable, Sendable {
        case inOrder
        /// Newer than the next one: the packets between are watched now.
        case afterHole
        /// A packet that was missing.
        case recovered
        /// Older than the newest, and not missing: a duplicate, or given up.
        case late
        /// The hole is too large to repair packet by packet.
        case holeTooLarge
    }

    private var missing: [Missing] = []
    private var newest: Int64?

    package init() {
        missing.reserveCapacity(Limits.missingPackets)
    }

    package var missingCount: Int { missing.count }

    package mutating func observe(_ sequence: Int64, at now: Instant) -> Observation {
        guard let newest else {
            self.newest = sequence
            return .inOrder
        }
        guard sequence > newest else {
            guard let index = missing.firstIndex(where: { $0.sequence == sequence }) else {
                return .late
            }
            missing.remove(at: index)
            return .recovered
        }
        self.newest = sequence
        let hole = Int(min(sequence - newest - 1, Int64(Int.max)))
        guard hole > 0 else { return .inOrder }
        guard missing.count + hole <= Limits.missingPackets else {
            missing.removeAll(keepingCapacity: true)
            return .holeTooLarge
        }
        for lost in (newest + 1)..<sequence {
            missing.append(
                Missing(
                    sequence: lost, since: now,
                    nextRequest: now + Limits.reorderingTolerance))
        }
        return .afterHole
    }

    /// When ``collect(at:roundTrip:into:)`` next has something to say; `nil`: nothing is missing.
    package var wakeup: Instant? { missing.lazy.map(\.nextRequest).min() }

    /// Appends the packets to ask for now, oldest first, and schedules their next request.
    package mutating func collect(
        at now: Instant, roundTrip: Duration?, into list: inout [SequenceNumber]
    ) {
        guard !missing.isEmpty else { return }
        missing.removeAll {
            $0.attempts >= Limits.nackAttempts || $0.since + Limits.nackLifetime <= now
        }
        let interval = max(Limits.nackInterval, roundTrip ?? .zero)
        for index in missing.indices where missing[index].nextRequest <= now {
            missing[index].attempts += 1
            missing[index].nextRequest = now + interval
            list.append(
                SequenceNumber(UInt16(truncatingIfNeeded: missing[index].sequence)))
        }
    }
}
