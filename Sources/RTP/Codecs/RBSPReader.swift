import Primitives

/// Reads bits of an H.264 raw byte sequence payload: skips emulation prevention bytes, and never
/// reads past the end (ITU-T H.264 §7.2, §7.4.1, §9.1).
struct RBSPReader: ~Escapable {
    private let bytes: RawSpan
    private var offset: Int
    /// Bits of the byte at ``offset`` that are not read yet, 1...8.
    private var bitsLeft = 8
    private var zeros = 0

    /// - Parameter offset: where the first byte of the payload lies in `bytes`.
    @_lifetime(copy bytes)
    init(_ bytes: RawSpan, from offset: Int) {
        self.bytes = bytes
        self.offset = offset
    }

    /// One bit; `nil` at the end.
    mutating func bit() -> UInt32? {
        if bitsLeft == 8, zeros >= 2, offset < bytes.byteCount, bytes.byte(at: offset) == 3 {
            offset += 1  // the emulation prevention byte behind two zero bytes
            zeros = 0
        }
        guard offset < bytes.byteCount else { return nil }
        let byte = bytes.byte(at: offset)
        bitsLeft -= 1
        let value = UInt32(byte >> UInt8(bitsLeft)) & 1
        if bitsLeft == 0 {
            zeros = byte == 0 ? zeros + 1 : 0
            offset += 1
            bitsLeft = 8
        }
        return value
    }

    /// `count` bits, at most 32.
    mutating func bits(_ count: Int) -> UInt32? {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let bit = bit() else { return nil }
            value = value << 1 | bit
        }
        return value
    }

    /// An unsigned exp-Golomb code, ue(v).
    mutating func unsigned() -> UInt32? {
        var prefix = 0
        while let bit = bit() {
            guard bit == 0 else {
                guard let suffix = bits(prefix) else { return nil }
                let value = (UInt64(1) << UInt64(prefix)) - 1 + UInt64(suffix)
                return UInt32(exactly: value)
            }
            prefix += 1
            guard prefix <= Limits.maximumExpGolombPrefix else { return nil }
        }
        return nil
    }

    /// A signed exp-Golomb code, se(v): 0, 1, -1, 2, -2, …
    mutating func signed() -> Int32? {
        guard let code = unsigned() else { return nil }
        let magnitude = Int64((UInt64(code) + 1) / 2)
        return Int32(exactly: code % 2 == 1 ? magnitude : -magnitude)
    }

    /// Reads a bit as a flag; `nil` at the end.
    mutating func flag() -> Bool? { bit().map { $0 == 1 } }
}
