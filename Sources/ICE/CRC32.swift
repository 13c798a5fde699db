import Primitives

/// CRC-32 of ISO 3309 (reflected 0xEDB88320), as FINGERPRINT uses it (RFC 8489 §14.7).
enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in
            value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1
        }
    }

    static func checksum(_ bytes: RawSpan) -> UInt32 {
        let table = table
        var value: UInt32 = .max
        for offset in 0..<bytes.byteCount {
            let index = UInt8(truncatingIfNeeded: value) ^ bytes.byte(at: offset)
            value = value >> 8 ^ table[Int(index)]
        }
        return ~value
    }
}
