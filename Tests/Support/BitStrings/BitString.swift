/// Bits put together by hand, from the highest down, as the AV1 specifications have them: for what a
/// reader is to be tested with, and so without the product's own writer.
package struct BitString: Sendable {
    package private(set) var bytes: [UInt8] = []
    private var count = 0

    package init() {}

    /// The lower `width` bits of a number: f(n).
    package mutating func append(_ value: Int, _ width: Int) {
        for bit in (0..<width).reversed() {
            if count % 8 == 0 { bytes.append(0) }
            if value >> bit & 1 != 0 { bytes[bytes.count - 1] |= 0x80 >> UInt8(count % 8) }
            count += 1
        }
    }

    /// Digits and blanks: "10 1".
    package mutating func append(_ digits: String) {
        for digit in digits where digit == "0" || digit == "1" {
            append(digit == "1" ? 1 : 0, 1)
        }
    }

    /// A number in `0..<count`: ns(n) (AV1 RTP specification §A.8.2).
    package mutating func append(_ value: Int, nonSymmetric count: Int) {
        guard count > 1 else { return }
        let width = Int.bitWidth - count.leadingZeroBitCount
        let short = 1 << width - count
        if value < short { append(value, width - 1) } else { append(value + short, width) }
    }
}
