import Primitives

extension RateSchedule {
    /// The downlink of a phone that moves through an LTE network. Generated, not recorded: a rate
    /// that wanders between 0.8 and 8 Mbit/s in steps of 100 ms, on average about 3; every 8 s or so
    /// a fade to a sixth for 0.5 to 2 s; every 20 s or so a handover, in which nothing goes for
    /// 50 to 250 ms.
    ///
    /// - Parameter repeats: whether it begins again after `duration`; else the last step holds.
    package static func movingPhone(
        for duration: Duration, seed: UInt64, repeats: Bool = false
    ) -> RateSchedule {
        var random = SeededGenerator(seed: seed)
        var steps: [Step] = []
        var rate = 3e6
        var fade = 0
        var now = Instant.zero
        let end = Instant.zero + duration
        while now < end {
            // A pull towards 3 Mbit/s, and a factor that is as likely up as down.
            let move = Double.random(in: -0.12...0.12, using: &random)
            rate = min(max(rate * (1 + move) + (3e6 - rate) * 0.01, 0.8e6), 8e6)
            if fade > 0 {
                fade -= 1
            } else if Double.random(in: 0..<1, using: &random) < 1.0 / 80 {
                fade = Int.random(in: 5...20, using: &random)
            }
            if Double.random(in: 0..<1, using: &random) < 1.0 / 200 {
                steps.append(Step(start: now, rate: .zero))
                now = now + .milliseconds(Int64.random(in: 50...250, using: &random))
            }
            let current = fade > 0 ? rate / 6 : rate
            steps.append(Step(start: now, rate: DataRate(bitsPerSecond: Int64(current))))
            now = now + .milliseconds(100)
        }
        return RateSchedule(steps, period: repeats ? now - .zero : nil)
    }
}
