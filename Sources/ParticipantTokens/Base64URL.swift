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

/// The value of each digit; 255 for what is none.
private let digitValues: [UInt8] = {
    var values = [UInt8](repeating: 255, count: 256)
    for (value, digit) in alphabet.enumerated() { values[Int(digit)] = UInt8(value) }
    return values
}()

func isBase64URL(_ text: ArraySlice<UInt8>) -> Bool {
    text.allSatisfy { digitValues[Int($0)] != 255 }
}

/// Reads RFC 4648 §5, without padding; `nil` when it is none.
func bytes(ofBase64URL text: ArraySlice<UInt8>) -> [UInt8]? {
    guard text.count % 4 != 1 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count * 3 / 4)
    var (bits, count) = (UInt32(0), UInt32(0))
    for digit in text {
        let value = digitValues[Int(digit)]
        guard value != 255 else { return nil }
        bits = bits << 6 | UInt32(value)
        count += 6
        guard count >= 8 else { continue }
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> count))
    }
    return bytes
}
