import Primitives

/// What the bottleneck carried when it was last full, and how much that varies
/// (link_capacity_estimator.cc).
struct LinkCapacity: Equatable, Sendable {
    /// Kilobits per second; `nil` while we have no idea.
    private var kilobits: Double?
    /// The variance over the estimate, 0.4...2.5.
    private var deviation = 0.4

    var isKnown: Bool { kilobits != nil }
    var estimate: DataRate? { kilobits.map { DataRate(clamping: $0 * 1000) } }

    mutating func reset() { kilobits = nil }

    /// What came through while the queue grew. Counts for 5 %.
    mutating func noteOveruse(throughput: DataRate) { update(throughput, weight: 0.05) }

    /// What a probe measured. Counts for half.
    mutating func noteProbe(_ rate: DataRate) { update(rate, weight: 0.5) }

    /// Above all that the estimate can explain: by three standard deviations.
    func isExceeded(by rate: DataRate) -> Bool {
        kilobits.map { isFar(rate.kilobits - $0, from: $0) } ?? false
    }

    /// Below all that the estimate can explain.
    func isUndercut(by rate: DataRate) -> Bool {
        kilobits.map { isFar($0 - rate.kilobits, from: $0) } ?? false
    }

    /// In squares: a core has no square root of its own to link.
    private func isFar(_ difference: Double, from kilobits: Double) -> Bool {
        difference > 0 && difference * difference > 9 * deviation * kilobits
    }

    private mutating func update(_ rate: DataRate, weight: Double) {
        let sample = rate.kilobits
        let estimate = kilobits.map { (1 - weight) * $0 + weight * sample } ?? sample
        kilobits = estimate
        let error = estimate - sample
        deviation = (1 - weight) * deviation + weight * error * error / max(estimate, 1)
        deviation = min(max(deviation, 0.4), 2.5)
    }
}
