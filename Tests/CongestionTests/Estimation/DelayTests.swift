import Primitives
import Testing

@testable import Congestion

private func microseconds(_ value: Int64) -> Instant { .zero + .microseconds(value) }

@Suite("What delays say")
struct DelayTests {
    @Test("packets of one burst are a group; its distance to the one before is given by the next")
    func groups() {
        var groups = InterArrival()
        var deltas: [GroupDelta] = []
        for frame in 0..<4 as Range<Int64> {
            for packet in 0..<3 as Range<Int64> {
                let sent = frame * 33_000 + packet * 1_000
                // Each frame waits 2 ms longer.
                let arrival = sent + 20_000 + frame * 2_000
                if let delta = groups.add(sent: microseconds(sent), arrival: arrival) {
                    deltas.append(delta)
                }
            }
        }
        #expect(deltas.count == 2)
        #expect(deltas.allSatisfy { $0.send == 33 && $0.arrival == 35 })
    }

    @Test("what a device held back and let go at once is one group")
    func burst() {
        var groups = InterArrival()
        var deltas = 0
        // Sent each 10 ms, arriving each 0.5 ms: the queue of an access point that opens.
        for packet in 0..<8 as Range<Int64> {
            let delta = groups.add(
                sent: microseconds(packet * 10_000), arrival: 200_000 + packet * 500)
            if delta != nil { deltas += 1 }
        }
        #expect(deltas == 0)
    }

    @Test(
        "the slope of the trend is what the queue grows by",
        arguments: [0.0, 0.1, 0.5, -0.2])
    func slope(growth: Double) {
        var trend = TrendlineEstimator()
        for group in 1...200 {
            trend.add(growth: 10 * growth, completed: Int64(group) * 10_000)
        }
        #expect((trend.slope - growth).magnitude < 0.001)
        #expect(trend.count == 200)
        trend.reset()
        #expect(trend.slope == 0 && trend.count == 0)
    }

    @Test("overuse needs more than one group, 10 ms, and a trend that does not fall")
    func overuse() {
        var detector = OveruseDetector()
        detector.update(slope: 0.2, groups: 60, sendDelta: 8, completed: 0)
        #expect(detector.usage == .normal)
        detector.update(slope: 0.2, groups: 60, sendDelta: 8, completed: 8_000)
        #expect(detector.usage == .overuse)
        detector.update(slope: -0.2, groups: 60, sendDelta: 8, completed: 16_000)
        #expect(detector.usage == .underuse)
        detector.update(slope: 0, groups: 60, sendDelta: 8, completed: 24_000)
        #expect(detector.usage == .normal)
    }

    @Test("the threshold rises slowly to a trend just above it, and not to a spike")
    func threshold() {
        var detector = OveruseDetector()
        let trend = 20.0 / 240
        for step in 0..<20 {
            detector.update(
                slope: trend, groups: 60, sendDelta: 5, completed: Int64(step) * 5_000)
        }
        #expect(detector.threshold > 14 && detector.threshold < 20)
        let before = detector.threshold
        detector.update(slope: 1, groups: 60, sendDelta: 5, completed: 105_000)
        #expect(detector.threshold == before)
        for step in 0..<100 {
            detector.update(
                slope: 0, groups: 60, sendDelta: 5, completed: 110_000 + Int64(step) * 5_000)
        }
        #expect(detector.threshold == 6)
    }

    @Test("AIMD: 8 % a second at first, additive near the capacity, and 0.85 of what arrives")
    func aimd() {
        var control = AIMDController(start: .kilobitsPerSecond(1000), at: .zero)
        control.roundTrip = 100_000
        for step in 0...10 as ClosedRange<Int64> {
            control.increase(
                throughput: .kilobitsPerSecond(1000), at: microseconds(step * 100_000))
        }
        #expect((1_078_000...1_082_000).contains(control.rate.bitsPerSecond))
        control.decrease(
            throughput: .kilobitsPerSecond(1000), queue: 0.05, at: microseconds(1_100_000))
        #expect(control.rate == .kilobitsPerSecond(850))
        // A third or a fourth of a frame of 3.5 kB in each 200 ms.
        for step in 0...10 as ClosedRange<Int64> {
            control.increase(
                throughput: .kilobitsPerSecond(850), at: microseconds(1_200_000 + step * 100_000))
        }
        let gained = control.rate.bitsPerSecond - 850_000
        #expect((35_000...50_000).contains(gained))
    }

    @Test("AIMD: at most 1.5 times what arrives; and deeper when a long queue has to drain")
    func bounds() {
        var control = AIMDController(start: .kilobitsPerSecond(1000), at: .zero)
        for step in 0...1000 as ClosedRange<Int64> {
            control.increase(
                throughput: .kilobitsPerSecond(800), at: microseconds(step * 100_000))
        }
        #expect(control.rate == .kilobitsPerSecond(1210))
        control.decrease(
            throughput: .kilobitsPerSecond(1000), queue: 0.3, at: microseconds(200_000_000))
        #expect(control.rate == .kilobitsPerSecond(700))
        control.decrease(
            throughput: .kilobitsPerSecond(1000), queue: 3, at: microseconds(201_000_000))
        #expect(control.rate == .kilobitsPerSecond(500))
    }
}
