internal import Primitives

/// The sequence numbers of one source as a viewer gets them, when packets are left out on purpose:
/// those leave no hole, while a packet that the source lost does, and finds its place when it comes.
///
/// One bit for each of the newest ``capacity`` source packets says whether it was left out, and one
/// count for each 64 of them how many were before: both directions are a population count away,
/// whatever the pattern. 224 bytes, no allocation.
package struct SequenceMapper: Sendable {
    /// How many of the newest source packets are mapped: 961 to 1024, as many as a history keeps.
    package static let capacity = Int64(blockCount * 64)
    private static let blockCount = 16

    /// The source packets that were left out, 64 a block; a block's place is its number modulo 16.
    private var omitted = InlineArray<16, UInt64>(repeating: 0)
    /// How many were left out before each block, wrapping.
    private var before = InlineArray<16, UInt32>(repeating: 0)
    private var total: UInt32 = 0
    /// What is added to a source number, less what was left out by ``end``.
    private var offset: Int64
    /// The first source packet that belongs here.
    private let first: Int64
    /// The source packet after the newest that was decided about.
    package private(set) var end: Int64

    /// - Parameters:
    ///   - first: the first source packet, unwrapped.
    ///   - outgoing: the number that it gets.
    package init(first: Int64, as outgoing: Int64) {
        self.first = first
        end = first
        offset = outgoing - first
    }

    /// The outgoing number that the next packet gets.
    package var nextOutgoing: Int64 { end + offset }

    /// The oldest source packet that is still mapped.
    private var oldest: Int64 {
        max(first, ((end - 1) >> 6 - Int64(Self.blockCount) + 1) << 6)
    }

    /// Passes a packet on, and returns its outgoing number. Packets that were skipped over leave holes.
    /// `nil` for one that was left out, and for one that is too old to be known.
    package mutating func pass(_ sequence: Int64) -> Int64? {
        if sequence >= end { extend(through: sequence) }
        return outgoing(of: sequence)
    }

    /// Leaves a packet out.
    /// - Returns: false when it is too late for that: a number is reserved for it already.
    @discardableResult
    package mutating func omit(_ sequence: Int64) -> Bool {
        guard sequence >= end else { return isOmitted(sequence) }
        extend(through: sequence)
        omitted[place(sequence >> 6)] |= 1 << UInt64(sequence & 63)
        total &+= 1
        offset -= 1
        return true
    }

    /// Whether a packet was left out.
    package func isOmitted(_ sequence: Int64) -> Bool {
        guard sequence >= oldest, sequence < end else { return false }
        return omitted[place(sequence >> 6)] >> UInt64(sequence & 63) & 1 != 0
    }

    /// The outgoing number of a source packet, whether it has come or not; `nil` for one that was left
    /// out, and for one that is not known.
    @inline(__always)
    package func outgoing(of sequence: Int64) -> Int64? {
        guard sequence >= oldest, sequence < end else { return nil }
        let bits = omitted[place(sequence >> 6)]
        let bit = UInt64(1) << UInt64(sequence & 63)
        guard bits & bit == 0 else { return nil }
        return base(sequence >> 6) + (sequence & 63) - Int64((bits & (bit - 1)).nonzeroBitCount)
    }

    /// The source packet that an outgoing number was given to; `nil` when it is not known any more, or
    /// not yet given.
    package func source(of outgoing: Int64) -> Int64? {
        guard end > first else { return nil }
        var block = (end - 1) >> 6
        let last = oldest >> 6
        while block >= last {
            let index = outgoing - base(block)
            if index >= 0 {
                guard let place = Self.position(ofKept: index, in: omitted[place(block)]) else {
                    return nil
                }
                let sequence = block << 6 + place
                return sequence >= first && sequence < end ? sequence : nil
            }
            block -= 1
        }
        return nil
    }

    private func place(_ block: Int64) -> Int { Int(block & Int64(Self.blockCount - 1)) }

    /// What the first packet of a block goes out as, or would.
    private func base(_ block: Int64) -> Int64 {
        block << 6 + offset + Int64(total &- before[place(block)])
    }

    /// Where the kept packet number `index` of a block is.
    private static func position(ofKept index: Int64, in omitted: UInt64) -> Int64? {
        var kept = ~omitted
        guard index < Int64(kept.nonzeroBitCount) else { return nil }
        for _ in 0..<index { kept &= kept - 1 }
        return Int64(kept.trailingZeroBitCount)
    }

    private mutating func extend(through sequence: Int64) {
        let last = sequence >> 6
        // Blocks that are skipped whole are not known anyway.
        var block = max((end + 63) >> 6, last - Int64(Self.blockCount) + 1)
        while block <= last {
            omitted[place(block)] = 0
            before[place(block)] = total
            block += 1
        }
        end = sequence + 1
    }
}
