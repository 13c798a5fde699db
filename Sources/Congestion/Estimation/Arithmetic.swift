package import Primitives

extension Instant {
    /// Whole microseconds from `earlier` to `self`; negative when `earlier` is later.
    ///
    /// `Duration` counts attoseconds in 128 bits; what happens for each packet counts in 64.
    func microseconds(since earlier: Instant) -> Int64 {
        Int64(bitPattern: nanoseconds &- earlier.nanoseconds) / 1000
    }
}

extension DataRate {
    /// The rate nearest to `bitsPerSecond` between zero and 1 Tbit/s; zero for what is no number.
    init(clamping bitsPerSecond: Double) {
        // Not a number compares false with everything.
        guard bitsPerSecond > 0 else {
            self = .zero
            return
        }
        self.init(bitsPerSecond: Int64(min(bitsPerSecond, 1e12)))
    }

    /// The rate of `bytes` in `microseconds`; zero when no time has passed.
    init(bytes: Int, microseconds: Int64) {
        self.init(clamping: microseconds > 0 ? Double(bytes) * 8e6 / Double(microseconds) : 0)
    }

    package func scaled(by factor: Double) -> DataRate {
        DataRate(clamping: Double(bitsPerSecond) * factor)
    }

    var kilobits: Double { Double(bitsPerSecond) / 1000 }

    /// How many bytes go in `microseconds`.
    package func bytes(in microseconds: Int64) -> Double {
        Double(bitsPerSecond) * Double(microseconds) / 8e6
    }
}

/// The natural logarithm, of positive normal numbers. Neither the standard library nor a core has
/// one: x = m · 2^e with m near 1, and ln m from the series of the inverse hyperbolic tangent, which
/// nine terms bring to 1e-9 here.
func naturalLogarithm(_ value: Double) -> Double {
    guard value.isNormal, value > 0 else { return -700 }
    var exponent = Double(value.exponent)
    var mantissa = value.significand
    if mantissa > 1.414_213_562_373_095 {
        mantissa /= 2
        exponent += 1
    }
    let ratio = (mantissa - 1) / (mantissa + 1)
    let square = ratio * ratio
    // 1 + x/3 + x²/5 + ... + x^8/17.
    var sum = 1.0 / 17
    sum = sum * square + 1.0 / 15
    sum = sum * square + 1.0 / 13
    sum = sum * square + 1.0 / 11
    sum = sum * square + 1.0 / 9
    sum = sum * square + 1.0 / 7
    sum = sum * square + 1.0 / 5
    sum = sum * square + 1.0 / 3
    sum = sum * square + 1.0
    return exponent * 0.693_147_180_559_945_3 + 2 * ratio * sum
}
