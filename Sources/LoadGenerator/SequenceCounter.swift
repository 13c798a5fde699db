internal import Forwarding
package import Primitives

/// Follows the sequence numbers of one stream: what is missing, and what has come after all.
package struct SequenceCounter: Sendable {
    package enum Arrival: Hashable, Sendable {
        /// The first of all, or the one after the newest.
        case inOrder
        /// Newer than the next one: `missing` between them have not come yet.
        case afterHole(missing: Int)
        /// One that was missing.
        case recovered
        /// Not missing: it has come before, or was given up.
        case duplicate
    }

    private var unwrapper = SequenceUnwrapper()
    /// Only while something is missing: most streams never have one.
    private var holes: NackGenerator?

    package init() {}

    package var hasHoles: Bool { holes != nil }

    /// - Returns: the number without wraps too.
    package mutating func count(
        _ number: SequenceNumber, at now: Instant
    ) -> (arrival: Arrival, sequence: Int64) {
        let newest = unwrapper.newest
        let sequence = unwrapper.unwrap(number)
        guard let newest else { return (.inOrder, sequence) }
        if sequence == newest + 1 {
            _ = holes?.observe(sequence, at: now)
            return (.inOrder, sequence)
        }
        guard sequence > newest else { return (fill(sequence, at: now), sequence) }
        if holes == nil {
            holes = NackGenerator()
            _ = holes?.observe(newest, at: now)
        }
        _ = holes?.observe(sequence, at: now)
        return (.afterHole(missing: Int(sequence - newest - 1)), sequence)
    }

    private mutating func fill(_ sequence: Int64, at now: Instant) -> Arrival {
        guard holes?.observe(sequence, at: now) == .recovered else { return .duplicate }
        if holes?.missingCount == 0 { holes = nil }
        return .recovered
    }

    /// Appends the packets to ask for now, oldest first.
    package mutating func collect(at now: Instant, into list: inout [SequenceNumber]) {
        holes?.collect(at: now, roundTrip: nil, into: &list)
        if holes?.missingCount == 0 { holes = nil }
    }
}
