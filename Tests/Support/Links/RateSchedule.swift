package import Primitives

/// How fast a link is, over time: steps, of which the last holds for good.
package struct RateSchedule: Sendable {
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

    package init(_ steps: [Step]) {
        precondition(!steps.isEmpty && steps.allSatisfy { $0.rate >= .zero })
        precondition(zip(steps, steps.dropFirst()).allSatisfy { $0.start < $1.start })
        precondition(steps[steps.count - 1].rate > .zero, "what is queued must go some day")
        self.steps = steps
    }

    package static func constant(_ rate: DataRate) -> RateSchedule {
        RateSchedule([Step(start: .zero, rate: rate)])
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

    package func rate(at now: Instant) -> DataRate { steps[index(at: now)].rate }

    /// When `bytes` have gone that began to go at `start`.
    package func finish(of bytes: Int, from start: Instant) -> Instant {
        var bits = Double(bytes) * 8
        var now = start
        var index = index(at: start)
        while true {
            let rate = Double(steps[index].rate.bitsPerSecond)
            let end = index + 1 < steps.count ? steps[index + 1].start : .distantFuture
            let seconds = Double(end.nanoseconds - now.nanoseconds) / 1e9
            if rate > 0, bits <= rate * seconds {
                return now + .nanoseconds(Int64(bits / rate * 1e9))
            }
            bits -= rate * seconds
            now = end
            index += 1
        }
    }
}
