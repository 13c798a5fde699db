/// The places of the bits that are set in a mask, the lowest first.
package struct SetBits: Sequence, IteratorProtocol, Sendable {
    @usableFromInline var left: UInt64

    @inlinable
    package init(_ mask: UInt64) { left = mask }

    @inlinable
    package mutating func next() -> Int? {
        guard left != 0 else { return nil }
        defer { left &= left - 1 }
        return left.trailingZeroBitCount
    }
}
