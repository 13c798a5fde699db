/// Base64 with padding (RFC 4648 §4).
enum Base64 {
    private static let letters = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for index in 0..<4 {
                let letter = letters[bits >> (18 - 6 * index) & 63]
                text.append(index <= group.count ? letter : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// - Returns: `nil` for what is not base64, padding and unused bits included.
    static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count.isMultiple(of: 4) else { return nil }
        var bytes: [UInt8] = []
        var group: [Int] = []
        var padding = 0
        for byte in text {
            if byte == UInt8(ascii: "=") {
                padding += 1
                group.append(0)
            } else {
                guard padding == 0, let value = letters.firstIndex(of: byte) else { return nil }
                group.append(value)
            }
            guard group.count == 4 else { continue }
            guard padding <= 2 else { return nil }
            let bits = group.reduce(0) { $0 << 6 | $1 }
            bytes += [UInt8(bits >> 16 & 255), UInt8(bits >> 8 & 255), UInt8(bits & 255)]
            group = []
        }
        guard bytes.suffix(padding).allSatisfy({ $0 == 0 }) else { return nil }
        return bytes.dropLast(padding)
    }
}
