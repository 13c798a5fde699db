package import Primitives

/// Which packets a repair packet protects: 109 bits, of which bit `n` stands for the base sequence number
/// plus `n` (draft-ietf-payload-flexible-fec-scheme-03 §4.2.2.1).
package struct FlexFECMask: Hashable, Sendable {
    /// The offsets that a mask can have are below this.
    package static let width = 109

    /// Offsets 0...63, the lowest bit is the first.
    private var low: UInt64 = 0
    /// Offsets 64...108.
    private var high: UInt64 = 0

    package init() {}

    package subscript(offset: Int) -> Bool {
        get { (offset < 64 ? low >> UInt64(offset) : high >> UInt64(offset - 64)) & 1 == 1 }
        set {
            precondition(offset >= 0 && offset < Self.width)
            let bit: UInt64 = 1 << UInt64(offset % 64)
            if offset < 64 {
                low = newValue ? low | bit : low & ~bit
            } else {
                high = newValue ? high | bit : high & ~bit
            }
        }
    }

    package var isEmpty: Bool { low | high == 0 }

    /// How many packets are protected.
    package var count: Int { low.nonzeroBitCount + high.nonzeroBitCount }

    /// The least offset; 128 when there is none.
    package var first: Int { low != 0 ? low.trailingZeroBitCount : 64 + high.trailingZeroBitCount }

    /// The greatest offset; -1 when there is none.
    package var last: Int {
        high != 0 ? 127 - high.leadingZeroBitCount : 63 - low.leadingZeroBitCount
    }

    /// The same packets seen from a base that is `count` later; none may be before that.
    package func advanced(by count: Int) -> FlexFECMask {
        precondition(isEmpty || (count >= 0 && count <= first))
        guard count > 0, !isEmpty else { return self }
        var mask = FlexFECMask()
        guard count < 64 else {
            mask.low = high >> UInt64(count - 64)
            return mask
        }
        mask.low = low >> UInt64(count) | high << UInt64(64 - count)
        mask.high = high >> UInt64(count)
        return mask
    }

    /// Reads `count` bits, the first of which stands for `offset`, from the highest of `field` on.
    fileprivate mutating func read(_ field: UInt64, count: Int, from offset: Int) {
        for index in 0..<count where field >> UInt64(count - 1 - index) & 1 == 1 {
            self[offset + index] = true
        }
    }

    fileprivate func field(count: Int, from offset: Int) -> UInt64 {
        var field: UInt64 = 0
        for index in 0..<count { field = field << 1 | (self[offset + index] ? 1 : 0) }
        return field
    }
}

/// The header of a repair packet with a flexible mask for one stream, as libwebrtc sends and understands
/// it: its payload's first bytes (draft-ietf-payload-flexible-fec-scheme-03 §4.2.2.1).
///
/// ```
/// 0 |R|F|P|X| CC    |M| PT recovery |        length recovery        |   R, F: 0
/// 4 |                          TS recovery                          |
/// 8 |  SSRC count 1 |                   reserved                    |
/// 12|                     SSRC of the protected stream              |
/// 16|            SN base            |k|         mask 0-14           |   k: no more mask
/// 20|k|                         mask 15-45                          |   if the k before was 0
/// 24|k|                         mask 46-108                         |   if that was 0, too; its k is 1
/// ```
package struct FlexFECHeader: Hashable, Sendable {
    /// The bytes of the shortest and of the longest.
    package static let minimumSize = 20
    package static let maximumSize = 32

    /// P, X, CC, M and PT of the protected packets, combined: the two highest bits are 0.
    package var flags: UInt16
    /// Their sizes without the 12 bytes of the fixed header, combined.
    package var length: UInt16
    package var timestamp: UInt32
    package var protected: SSRC
    package var base: SequenceNumber
    package private(set) var mask: FlexFECMask
    /// Where the combined bytes start: 20, 24 or 32.
    package private(set) var size: Int

    /// A header with the shortest mask that will do.
    package init(
        flags: UInt16, length: UInt16, timestamp: UInt32, protected: SSRC, base: SequenceNumber,
        mask: FlexFECMask
    ) {
        self.flags = flags & 0x3FFF
        self.length = length
        self.timestamp = timestamp
        self.protected = protected
        self.base = base
        self.mask = mask
        size = mask.last < 15 ? 20 : mask.last < 46 ? 24 : 32
    }

    /// - Throws: ``RTPViolation/repair`` when it does not fit, is a retransmission or has a fixed mask
    ///   (R or F), is for several streams, protects nothing, or has a mask that never ends.
    package init(parsing payload: RawSpan) throws(RTPViolation) {
        guard payload.byteCount >= Self.minimumSize, payload.byte(at: 0) & 0xC0 == 0,
            payload.byte(at: 8) == 1
        else { throw .repair }
        self.init(
            flags: payload.uint16(at: 0), length: payload.uint16(at: 2),
            timestamp: payload.uint32(at: 4), protected: SSRC(payload.uint32(at: 12)),
            base: SequenceNumber(payload.uint16(at: 16)), mask: FlexFECMask())
        mask.read(UInt64(payload.uint16(at: 18) & 0x7FFF), count: 15, from: 0)
        size = 20
        if payload.byte(at: 18) & 0x80 == 0 {
            guard payload.byteCount >= 24 else { throw .repair }
            mask.read(UInt64(payload.uint32(at: 20) & 0x7FFF_FFFF), count: 31, from: 15)
            size = 24
            if payload.byte(at: 20) & 0x80 == 0 {
                guard payload.byteCount >= 32, payload.byte(at: 24) & 0x80 != 0 else {
                    throw .repair
                }
                mask.read(payload.uint64(at: 24) & (.max >> 1), count: 63, from: 46)
                size = 32
            }
        }
        guard !mask.isEmpty else { throw .repair }
    }

    /// Appends ``size`` bytes.
    package func write(into writer: inout ByteWriter) {
        writer.append(flags & 0x3FFF)
        writer.append(length)
        writer.append(timestamp)
        writer.append(0x0100_0000 as UInt32)
        writer.append(protected.rawValue)
        writer.append(base.rawValue)
        writer.append(
            (size == 20 ? 0x8000 : 0) | UInt16(mask.field(count: 15, from: 0)))
        guard size > 20 else { return }
        writer.append((size == 24 ? 1 << 31 : 0) | UInt32(mask.field(count: 31, from: 15)))
        guard size > 24 else { return }
        writer.append(1 << 63 | mask.field(count: 63, from: 46))
    }
}
