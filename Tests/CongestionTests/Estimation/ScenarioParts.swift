import Links
import Primitives

func megabits(_ value: Double) -> DataRate { DataRate(bitsPerSecond: Int64(value * 1e6)) }

func at(_ seconds: Double) -> Instant { Instant(nanoseconds: UInt64(seconds * 1e9)) }

/// The arrival jitter that every path has: 3 ms.
let jitter = SimulatedLink.Jitter(maximum: .milliseconds(3))

/// 50 ms there and back, 300 ms of drop-tail queue.
func link(
    _ schedule: RateSchedule, _ bottleneck: SimulatedLink.Bottleneck = .delay(.milliseconds(300)),
    loss: LossProcess = .none, seed: UInt64
) -> SimulatedLink {
    SimulatedLink(schedule, bottleneck: bottleneck, jitter: jitter, loss: loss, seed: seed)
}

let simulcast = VideoSource.Rate.layers([0.15, 0.5, 1.2, 2.2].map(megabits))
let anyRate = VideoSource.Rate.adaptive(maximum: megabits(5))
