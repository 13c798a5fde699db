import Foundation

/// The line of delay over size that a Kalman filter learns: milliseconds for each byte that a frame is larger than
/// the one before, and an offset (modules/video_coding/timing/frame_delay_variation_kalman_filter.cc).
struct DelayLine {
    /// A link of 512 kbit/s, in seconds a byte; the filter leaves it at once.
    private(set) var slope = 1 / (512e3 / 8)
    private var offset = 0.0
    /// The covariance of both.
    private var (p00, p01, p10, p11) = (1e-4, 0.0, 0.0, 1e2)
    private static let slopeNoise = 2.5e-10
    private static let offsetNoise = 1e-10
    private static let leastSlope = 1e-6

    /// - Parameter change: bytes that a frame is larger than the one before.
    func expected(_ change: Double) -> Double { slope * change + offset }

    /// - Parameters:
    ///   - largest: bytes of the largest frame. What changes little in size says little of the slope.
    ///   - variance: of what is no effect of the size.
    mutating func update(
        _ variation: Double, change: Double, largest: Double, variance: Double
    ) {
        p00 += Self.slopeNoise
        p11 += Self.offsetNoise
        let error = variation - expected(change)
        let (h0, h1) = (p00 * change + p01, p10 * change + p11)
        let noise = max(1, (300 * exp(-abs(change) / largest) + 1) * variance.squareRoot())
        let scale = noise + change * h0 + h1
        let (k0, k1) = (h0 / scale, h1 / scale)
        slope = max(Self.leastSlope, slope + k0 * error)
        offset += k1 * error
        let (former0, former1) = (p00, p01)
        p00 = (1 - k0 * change) * former0 - k0 * p10
        p01 = (1 - k0 * change) * former1 - k0 * p11
        p10 = p10 * (1 - k1) - k1 * change * former0
        p11 = p11 * (1 - k1) - k1 * change * former1
    }
}
