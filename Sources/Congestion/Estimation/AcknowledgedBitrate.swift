package import Primitives

/// What arrives at the viewer: a Bayesian mean over windows of 150 ms, the first of 500 ms
/// (acknowledged_bitrate_estimator.cc, bitrate_estimator.cc).
package struct AcknowledgedBitrate: Equatable, Sendable {
    static let firstWindow: Int64 = 500_000
    static let window: Int64 = 150_000
    /// How the distance of a sample from the estimate counts as doubt of the sample: 10.
    static let uncertainty = 10.0
    /// What the estimate may have changed by from one window to the next: variance 5, in kbit/s.
    static let drift = 5.0

    private var bytes = 0
    private var elapsed: Int64 = 0
    private var last: Int64?
    private var kilobits: Double?
    private var variance = 50.0

    package init() {}

    /// `nil` until the first window is full.
    package var rate: DataRate? { kilobits.map { DataRate(clamping: $0 * 1000) } }

    /// A packet of `size` bytes arrived at `arrival`, in microseconds on the receiver's clock.
    package mutating func add(size: Int, arrival: Int64) {
        let length = kilobits == nil ? Self.firstWindow : Self.window
        if let measured = advance(to: arrival, window: length) { update(measured) }
        bytes += size
    }

    /// The source becomes busy again: the estimate may change quickly.
    mutating func expectFastChange() { variance += 200 }

    /// Begins at `rate`, which is known by other means.
    mutating func set(to rate: DataRate) {
        guard kilobits != nil else { return }
        kilobits = rate.kilobits
        variance = 50
    }

    /// Moves the window on; gives the rate in kbit/s when it is full.
    private mutating func advance(to arrival: Int64, window: Int64) -> Double? {
        defer { last = arrival }
        guard let last else { return nil }
        let gap = arrival &- last
        if gap < 0 {
            // Out of order within a message, or a new clock: the small step back is no time at all.
            if gap < -window {
                bytes = 0
                elapsed = 0
            }
            return nil
        }
        if gap > window {
            bytes = 0
            elapsed = (elapsed + gap % window) % window
            return nil
        }
        elapsed += gap
        guard elapsed >= window else { return nil }
        elapsed -= window
        defer { bytes = 0 }
        return Double(bytes) * 8000 / Double(window)
    }

    private mutating func update(_ measured: Double) {
        guard let estimate = kilobits else {
            kilobits = measured
            return
        }
        let doubt = Self.uncertainty * (estimate - measured).magnitude / max(estimate, 1)
        let sampleVariance = doubt * doubt
        let predicted = variance + Self.drift
        kilobits =
            (sampleVariance * estimate + predicted * measured) / (sampleVariance + predicted)
        variance = sampleVariance * predicted / (sampleVariance + predicted)
    }
}
