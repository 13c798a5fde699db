import Primitives

/// Reads bits from the highest down, and never past the end: AV1 `f(n)` and `ns(n)` (AV1 RTP
/// specification §A.8.2), `leb128()` and `uvlc()` (AV1 bitstream specification §4.10), VP9 `f(n)`.
struct BitReader: ~Escapable {
    private let bytes: RawSpan
    /// The next bit, counted from the start of the bytes.
    private(set) var position: Int

    @_lifetime(copy bytes)
    init(_ bytes: RawSpan, from position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    /// The bits that are left.
    var remaining: Int { bytes.byteCount * 8 - position }

    /// `count` bits as a number, at most 32; `nil` when fewer are left.
    mutating func bits(_ count: Int) -> UInt32? {
        guard count >= 0, count <= 32, count <= remaining else { return nil }
        var value: UInt64 = 0
        var left = count
        while left > 0 {
            let used = position & 7
            let taken = min(8 - used, left)
            let byte = UInt64(bytes.byte(at: position >> 3))
            value =
                value << UInt64(taken) | (byte >> UInt64(8 - used - taken))
                & (1 << UInt64(taken) - 1)
            position += taken
            left -= taken
        }
        return UInt32(value)
    }

    mutating func flag() -> Bool? { bits(1).map { $0 == 1 } }

    /// Skips bits; `nil` when fewer are left.
    mutating func skip(_ count: Int) -> Void? {
        guard count >= 0, count <= remaining else { return nil }
        position += count
        return ()
    }

    /// A number in `0..<count`, in as few bits as that takes: ns(n).
    mutating func nonSymmetric(_ count: UInt32) -> UInt32? {
        guard count > 1 else { return count == 1 ? 0 : nil }
        let width = 32 - count.leadingZeroBitCount
        let short = UInt32(truncatingIfNeeded: UInt64(1) << UInt64(width) - UInt64(count))
        guard let value = bits(width - 1) else { return nil }
        guard value >= short else { return value }
        return bits(1).map { (value << 1) - short + $0 }
    }

    /// A variable-length number: uvlc(). Its value is of no interest here, only where it ends.
    mutating func skipVariableLength() -> Void? {
        var zeros = 0
        while let bit = bits(1), bit == 0 {
            zeros += 1
            guard zeros < Limits.maximumVariableLengthPrefix else { return nil }
        }
        return skip(zeros)
    }
}
