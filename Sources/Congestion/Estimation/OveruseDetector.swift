/// What the delays say of the bottleneck (draft-ietf-rmcat-gcc-02 §5.4).
package enum BandwidthUsage: Equatable, Sendable {
    case normal
    /// The queue grows.
    case overuse
    /// The queue empties.
    case underuse
}

/// Compares the trend of the delay with a threshold that adapts: it follows the trend slowly upwards,
/// so that a flow that fills the queue by itself does not starve us, and quickly downwards
/// (draft-ietf-rmcat-gcc-02 §5.4; Carlucci et al., MMSys 2016; trendline_estimator.cc).
package struct OveruseDetector: Equatable, Sendable {
    /// What the slope is multiplied by, with the number of groups: 4.
    static let gain = 4.0
    /// Groups, at most, that the slope is multiplied by: 60.
    static let maximumGroups = 60
    /// How the threshold follows a larger trend, and a smaller one, a millisecond: 0.0087 and 0.039.
    static let upward = 0.0087
    static let downward = 0.039
    /// A trend this far above the threshold is a sudden drop of capacity, and does not move it: 15.
    static let maximumAdaptation = 15.0
    static let thresholdRange = 6.0...600.0
    /// How long the trend must be above the threshold, in milliseconds of sending: 10.
    static let overuseTime = 10.0

    /// 6...600; begins at 12.5.
    package private(set) var threshold = 12.5
    package private(set) var usage = BandwidthUsage.normal
    private var timeOver: Double?
    private var groupsOver = 0
    private var previousSlope = 0.0
    private var lastUpdate: Int64?

    package init() {}

    /// - Parameters:
    ///   - slope: from ``TrendlineEstimator``.
    ///   - groups: how many groups it has seen.
    ///   - sendDelta: milliseconds between the last two groups at the sender.
    ///   - completed: when the last was complete, in microseconds on the receiver's clock.
    package mutating func update(
        slope: Double, groups: Int, sendDelta: Double, completed: Int64
    ) {
        guard groups >= 2 else {
            usage = .normal
            return
        }
        let trend = Double(min(groups, Self.maximumGroups)) * slope * Self.gain
        if trend > threshold {
            noteOver(slope: slope, sendDelta: sendDelta)
        } else {
            timeOver = nil
            groupsOver = 0
            usage = trend < -threshold ? .underuse : .normal
        }
        previousSlope = slope
        adaptThreshold(to: trend.magnitude, completed: completed)
    }

    private mutating func noteOver(slope: Double, sendDelta: Double) {
        // Half of the time since the group before, for the first.
        let time = timeOver.map { $0 + sendDelta } ?? sendDelta / 2
        timeOver = time
        groupsOver += 1
        guard time > Self.overuseTime, groupsOver > 1, slope >= previousSlope else { return }
        timeOver = 0
        groupsOver = 0
        usage = .overuse
    }

    private mutating func adaptThreshold(to trend: Double, completed: Int64) {
        let elapsed = min(max(0, Double(completed &- (lastUpdate ?? completed)) / 1000), 100)
        lastUpdate = completed
        guard trend <= threshold + Self.maximumAdaptation else { return }
        let gain = trend < threshold ? Self.downward : Self.upward
        // At most all the way: 0.039 a millisecond over 100 ms would overshoot.
        threshold += min(1, gain * elapsed) * (trend - threshold)
        threshold = min(
            max(threshold, Self.thresholdRange.lowerBound), Self.thresholdRange.upperBound)
    }
}
