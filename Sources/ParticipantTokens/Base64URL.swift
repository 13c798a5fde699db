private let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

/// Appends RFC 4648 §5, without padding.
func appendBase64URL(_ bytes: [UInt8], to text: inout [UInt8]) {
    text.reserveCapacity(text.count + (bytes.count * 4 + 2) / 3)
    var index = 0
    while index < bytes.count {
        let group = min(3, bytes.count - index)
        var bits = UInt32(bytes[index]) << 16
        if group > 1 { bits |= UInt32(bytes[index + 1]) << 8 }
        if group > 2 { bits |= UInt32(bytes[index + 2]) }
        for digit in 0...group { text.append(alphabet[Int(bits >> (18 - 6 * UInt32(digit)) & 63)]) }
        index += group
    }
}
