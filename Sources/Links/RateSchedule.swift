package import Primitives

/// How fast a link is, over time: steps, of which the last holds for good, or until all begins again.
package struct RateSchedule: Equatable, Sendable {
    package struct Step: Equatable, Sendable {
        package var start: Instant
        /// Zero while nothing goes.
        package var rate: DataRate

        package init(start: Instant, rate: DataRate) {
            self.start = start
            self.rate = rate
        }
    }

    /// In the order of their starts. The first holds from the beginning of time.
    package let steps: [Step]
    /// After which the first step comes again; `nil`: never.
    package let period: Duration?

    package init(_ steps: [Step], period: Duration? = nil) {
        precondition(!steps.isEmpty && steps.allSatisfy { $0.rate >= .zero })
        precondition(zip(steps, steps.dropFirst()).allSatisfy { $0.start < $1.start })
        precondition(steps[steps.count - 1].rate > .zero, "what is queued must go some day")
        if let period { precondition(.zero + period > steps[steps.count - 1].start) }
        self.steps = steps
        self.period = period
    }

    /// A terabit a second: a datagram takes a few nanoseconds.
    package static let unlimited = constant(DataRate(bitsPerSecond: 1_000_000_000_000))

    package static func constant(_ rate: DataRate) -> RateSchedule {
        RateSchedule([Step(start: .zero, rate: rate)])
    }

    /// The time in the period that `now` falls into.
    private func folded(_ now: Instant) -> Instant {
        guard let period else { return now }
        return Instant(nanoseconds: now.nanoseconds % UInt64(period.nanoseconds))
    }

    /// The place of the step that holds then, and when it ends.
    private func step(at now: Instant) -> (index: Int, end: Instant) {
        let time = folded(now)
        let index = index(at: time)
        if index + 1 < steps.count { return (index, now + (steps[index + 1].start - time)) }
        return (index, period.map { now + (.zero + $0 - time) } ?? .distantFuture)
    }

    private func index(at now: Instant) -> Int {
        var low = 0
        var high = steps.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if steps[middle].start <= now { low = middle } else { high = middle }
        }
        return low
    }

    package func rate(at now: Instant) -> DataRate { steps[index(at: folded(now))].rate }

    /// When `bytes` have gone that began to go at `start`.
    package func finish(of bytes: Int, from start: Instant) -> Instant {
        var bits = Double(bytes) * 8
        var now = start
        while true {
            let (index, end) = step(at: now)
            let rate = Double(steps[index].rate.bitsPerSecond)
            let seconds = Double(end.nanoseconds - now.nanoseconds) / 1e9
            if rate > 0, bits <= rate * seconds {
                return now + .nanoseconds(Int64(bits / rate * 1e9))
            }
            bits -= rate * seconds
            now = end
        }
    }
}
