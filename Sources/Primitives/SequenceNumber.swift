/// An RTP sequence number: 16 bits that wrap (RFC 3550 §5.1).
///
/// There is no `<`: two wrapping numbers have an order only relative to each other, and
/// ``isNewer(than:)`` says which it is.
package struct SequenceNumber: Hashable, Sendable {
    package var rawValue: UInt16

    @inlinable
    package init(_ rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// The signed distance from `other` to `self`, in -32768...32767.
    @inlinable
    package func distance(from other: SequenceNumber) -> Int {
        Int(Int16(bitPattern: rawValue &- other.rawValue))
    }

    /// True when `self` comes after `other`, by the shorter way round.
    @inlinable
    package func isNewer(than other: SequenceNumber) -> Bool {
        distance(from: other) > 0
    }

    @inlinable
    package func advanced(by count: Int) -> SequenceNumber {
        SequenceNumber(rawValue &+ UInt16(truncatingIfNeeded: count))
    }
}

/// Widens wrapping sequence numbers to 64 bits that do not wrap, by following the newest one.
package struct SequenceUnwrapper: Sendable {
    /// The newest unwrapped number; `nil` until the first.
    package private(set) var newest: Int64?

    package init() {}

    /// The unwrapped value that is nearest to the newest one seen. Starts one cycle above zero, so
    /// that a packet older than the first still has a positive number.
    package mutating func unwrap(_ number: SequenceNumber) -> Int64 {
        guard let newest else {
            let first = Int64(number.rawValue) + 65536
            self.newest = first
            return first
        }
        let reference = SequenceNumber(UInt16(truncatingIfNeeded: newest))
        let value = newest + Int64(number.distance(from: reference))
        if value > newest { self.newest = value }
        return value
    }
}
