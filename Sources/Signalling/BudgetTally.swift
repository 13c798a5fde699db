package import Primitives

/// How the viewers of one stage keep to the latency budget. Add what is known of each session, then ask:
/// a viewer with several sessions counts once, with its slowest.
package struct BudgetTally: Hashable, Sendable {
    /// As many as there are viewers, which the stage bounds.
    private var slowest: [ParticipantID: LatencyLegs] = [:]
    private var frameRates: [Double] = []

    package init() {}

    /// - Parameters:
    ///   - legs: of one session; without any that is known, nothing is counted.
    ///   - framesPerSecond: of the pictures that the viewer sees, where it says so.
    package mutating func add(
        _ legs: LatencyLegs, of viewer: ParticipantID, framesPerSecond: Double? = nil
    ) {
        guard let total = legs.total else { return }
        if total >= slowest[viewer]?.total ?? .zero { slowest[viewer] = legs }
        if let framesPerSecond { frameRates.append(framesPerSecond) }
    }

    package var report: BudgetReport {
        var report = BudgetReport(viewers: slowest.count)
        for legs in slowest.values {
            guard let blame = legs.blame else { continue }
            report.overBudget += 1
            report.blame[blame, default: 0] += 1
        }
        let totals = slowest.values.compactMap(\.total).sorted()
        report.median = Self.percentile(50, of: totals)
        report.p95 = Self.percentile(95, of: totals)
        report.framesPerSecond = Self.percentile(50, of: frameRates.sorted())
        return report
    }

    /// The nearest rank; `nil` of nothing.
    private static func percentile<Value>(_ percent: Int, of sorted: [Value]) -> Value? {
        sorted.isEmpty ? nil : sorted[(sorted.count * percent + 99) / 100 - 1]
    }
}

/// What a stage's hosts are told of their viewers.
package struct BudgetReport: Hashable, Sendable {
    /// Those of whom anything is known.
    package var viewers: Int
    package var overBudget: Int
    /// Of the viewers' totals.
    package var median: Duration?
    package var p95: Duration?
    /// The median of the viewers that say it.
    package var framesPerSecond: Double?
    /// For how many of those over the budget each leg costs most.
    package var blame: [LatencyLeg: Int]

    package init(
        viewers: Int = 0, overBudget: Int = 0, median: Duration? = nil, p95: Duration? = nil,
        framesPerSecond: Double? = nil, blame: [LatencyLeg: Int] = [:]
    ) {
        self.viewers = viewers
        self.overBudget = overBudget
        self.median = median
        self.p95 = p95
        self.framesPerSecond = framesPerSecond
        self.blame = blame
    }
}
