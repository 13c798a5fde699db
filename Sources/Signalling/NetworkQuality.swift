/// How good the network between a participant and the server is: the grades of the IVS broadcast
/// SDK, with its numbers.
package enum NetworkQuality: Int, Hashable, Sendable, CaseIterable, Comparable {
    case excellent = 0
    case good = 1
    case normal = 2
    case poor = 3
    case down = 4

    package static func < (lhs: NetworkQuality, rhs: NetworkQuality) -> Bool {
        lhs.rawValue < rhs.rawValue
    }
}

/// What is known of a participant's network; `nil` for what is not known.
package struct NetworkObservation: Hashable, Sendable {
    /// The share of packets lost, 0...1, before any were sent again.
    package var fractionLost: Double?
    package var roundTrip: Duration?
    /// Interarrival jitter of sound (RFC 3550 §6.4.1). That of a picture says nothing: the packets of
    /// one frame share a timestamp, and a sender spreads them.
    package var jitter: Duration?
    /// Nothing at all has come from the participant for longer than its keep-alives are apart.
    package var isSilent: Bool

    package init(
        fractionLost: Double? = nil, roundTrip: Duration? = nil, jitter: Duration? = nil,
        isSilent: Bool = false
    ) {
        self.fractionLost = fractionLost
        self.roundTrip = roundTrip
        self.jitter = jitter
        self.isSilent = isSilent
    }
}

extension NetworkQuality {
    /// The most of each that a grade bears.
    private struct Threshold {
        let grade: NetworkQuality
        let fractionLost: Double
        let roundTrip: Duration
        let jitter: Duration
    }

    /// | grade     | packets lost | round trip | jitter of sound | what it means                      |
    /// |-----------|--------------|------------|-----------------|------------------------------------|
    /// | EXCELLENT | up to 1 %    | to 100 ms  | to 10 ms        | repaired within a frame or two     |
    /// | GOOD      | up to 3 %    | to 200 ms  | to 30 ms        | repaired unseen                    |
    /// | NORMAL    | up to 10 %   | to 300 ms  | to 60 ms        | the leg takes half the budget      |
    /// | POOR      | up to 50 %   | any        | any             | pictures freeze, talk gets hard    |
    /// | DOWN      | more         | –          | –               | or nothing comes at all            |
    ///
    /// The worst of what is known decides. A leg is half a round trip, so that 300 ms take half of
    /// ``SignallingLimits/latencyBudget``.
    private static let thresholds = [
        Threshold(
            grade: .excellent, fractionLost: 0.01, roundTrip: .milliseconds(100),
            jitter: .milliseconds(10)),
        Threshold(
            grade: .good, fractionLost: 0.03, roundTrip: .milliseconds(200),
            jitter: .milliseconds(30)),
        Threshold(
            grade: .normal, fractionLost: 0.10, roundTrip: .milliseconds(300),
            jitter: .milliseconds(60)),
        Threshold(
            grade: .poor, fractionLost: 0.50, roundTrip: .seconds(Int64.max / 2),
            jitter: .seconds(Int64.max / 2)),
    ]

    /// The grade of a network; `nil` while nothing is known of it.
    package init?(_ observation: NetworkObservation) {
        guard !observation.isSilent else {
            self = .down
            return
        }
        let lost = observation.fractionLost.flatMap { $0.isNaN ? nil : $0 }
        guard lost != nil || observation.roundTrip != nil || observation.jitter != nil else {
            return nil
        }
        let fitting = Self.thresholds.first { threshold in
            (lost ?? 0) <= threshold.fractionLost
                && (observation.roundTrip ?? .zero) <= threshold.roundTrip
                && (observation.jitter ?? .zero) <= threshold.jitter
        }
        self = fitting?.grade ?? .down
    }
}
