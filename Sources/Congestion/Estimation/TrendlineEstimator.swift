/// The slope of the queueing delay over the last groups of packets: the milliseconds that the queue
/// grows by in a millisecond, which is (sending rate - capacity) / capacity
/// (draft-ietf-rmcat-gcc-02 §5.3 has a Kalman filter in its place; trendline_estimator.cc).
package struct TrendlineEstimator: Equatable, Sendable {
    /// Groups that the line is fitted to: 20.
    package static let windowSize = 20
    /// The part of the smoothed delay that stays with each group: 0.9.
    static let smoothing = 0.9

    /// Milliseconds on the receiver's clock since the first group, and the smoothed delay, by turns.
    private var times: [Double]
    private var delays: [Double]
    private var next = 0
    private var first: Int64?
    private var accumulated = 0.0
    private var smoothed = 0.0
    /// Groups so far, at most 1,000.
    package private(set) var count = 0
    /// -1...; 0 until the window is full.
    package private(set) var slope = 0.0

    package init() {
        times = Array(repeating: 0, count: Self.windowSize)
        delays = Array(repeating: 0, count: Self.windowSize)
    }

    /// Begins anew in the memory that is there.
    package mutating func reset() {
        next = 0
        first = nil
        (accumulated, smoothed, slope) = (0, 0, 0)
        count = 0
    }

    /// - Parameters:
    ///   - growth: milliseconds by which a group was further from the one before at the receiver
    ///     than at the sender.
    ///   - completed: when the group was complete, in microseconds on the receiver's clock.
    package mutating func add(growth: Double, completed: Int64) {
        let origin = first ?? completed
        first = origin
        accumulated += growth
        smoothed = Self.smoothing * smoothed + (1 - Self.smoothing) * accumulated
        times[next] = Double(completed &- origin) / 1000
        delays[next] = smoothed
        next = (next + 1) % Self.windowSize
        count = min(count + 1, 1000)
        if count >= Self.windowSize { slope = fittedSlope() ?? slope }
    }

    /// Least squares; `nil` when everything arrived at one moment.
    private func fittedSlope() -> Double? {
        var meanTime = 0.0
        var meanDelay = 0.0
        for index in 0..<Self.windowSize {
            meanTime += times[index]
            meanDelay += delays[index]
        }
        meanTime /= Double(Self.windowSize)
        meanDelay /= Double(Self.windowSize)
        var numerator = 0.0
        var denominator = 0.0
        for index in 0..<Self.windowSize {
            let time = times[index] - meanTime
            numerator += time * (delays[index] - meanDelay)
            denominator += time * time
        }
        return denominator > 0 ? numerator / denominator : nil
    }
}
