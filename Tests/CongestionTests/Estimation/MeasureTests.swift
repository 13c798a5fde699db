import Primitives
import Testing

@testable import Congestion

private func microseconds(_ value: Int64) -> Instant { .zero + .microseconds(value) }

private func packet(
    _ number: Int, size: Int = 1200, sent: Int64, arrival: Int64?, cluster: UInt8 = 0,
    wasLost: Bool = false
) -> PacketResult {
    PacketResult(
        sequence: SequenceNumber(UInt16(truncatingIfNeeded: number)), size: size,
        sent: microseconds(sent), arrival: arrival, cluster: cluster, wasLost: wasLost)
}

@Suite("What is measured")
struct MeasureTests {
    @Test("logarithms", arguments: [1e-6, 0.001, 0.05, 0.5, 1, 1.5, 2, 10, 3000])
    func logarithm(value: Double) {
        // Against the series of the exponential function, for positive exponents: it has no
        // cancellation.
        let exponent = naturalLogarithm(value)
        var power = 1.0
        var term = 1.0
        for index in 1...100 {
            term *= exponent.magnitude / Double(index)
            power += term
        }
        let expected = value < 1 ? 1 / value : value
        #expect((power / expected - 1).magnitude < 1e-7)
    }

    @Test("the mean of what arrives: after half a second, and towards a new rate")
    func acknowledged() throws {
        var mean = AcknowledgedBitrate()
        for step in 0..<49 as Range<Int64> { mean.add(size: 1250, arrival: step * 10_000) }
        #expect(mean.rate == nil)
        for step in 49..<150 as Range<Int64> { mean.add(size: 1250, arrival: step * 10_000) }
        let rate = try #require(mean.rate)
        #expect((950_000...1_050_000).contains(rate.bitsPerSecond))
        for step in 150..<1000 as Range<Int64> { mean.add(size: 2500, arrival: step * 10_000) }
        let doubled = try #require(mean.rate)
        #expect(doubled > .kilobitsPerSecond(1800))
    }

    @Test("the last 100 ms follow at once; little is no measure")
    func recent() throws {
        var recent = RecentThroughput()
        for step in 0..<4 as Range<Int64> { recent.add(size: 1250, arrival: step * 10_000) }
        #expect(recent.rate == nil)
        for step in 4..<100 as Range<Int64> { recent.add(size: 1250, arrival: step * 10_000) }
        #expect(recent.rate == .kilobitsPerSecond(1000))
        for step in 0..<5 as Range<Int64> {
            recent.add(size: 1250, arrival: 1_010_000 + step * 40_000)
        }
        let rate = try #require(recent.rate)
        #expect(rate <= .kilobitsPerSecond(300))
    }

    @Test("the source is the limit below 65 % of the target")
    func limited() {
        var detector = ApplicationLimitedDetector(at: .zero)
        let target = DataRate.kilobitsPerSecond(1000)
        func run(_ bytes: Int, from start: Int64) {
            for step in 1...50 as ClosedRange<Int64> {
                detector.update(
                    sent: bytes, target: target, at: microseconds(start + step * 20_000))
            }
        }
        run(2500, from: 0)  // 1 Mbit/s
        #expect(!detector.isLimited)
        run(1250, from: 1_000_000)  // half of it, for a second: the budget was far below zero
        run(1250, from: 2_000_000)
        run(500, from: 3_000_000)
        #expect(detector.isLimited)
        run(2500, from: 4_000_000)
        #expect(!detector.isLimited && detector.limitedUntil != nil)
    }

    @Test(
        "a probe measures what it was sent at, or what the link let through",
        arguments: [(Int64(4_000), Int64(2_400)), (8_000, 1_140), (2_400, 4_000)])
    func probe(spacing: Int64, kilobits: Int64) throws {
        // 1,200 bytes each 4 ms are 2.4 Mbit/s; arriving each 8 ms they are 0.95 of 1.2; arriving
        // each 2.4 ms they show no more than they were sent at.
        var estimator = ProbeBitrateEstimator()
        estimator.expect(
            Probe(
                cluster: 3, rate: .kilobitsPerSecond(2400), minimumPackets: 5, minimumBytes: 12_000)
        )
        var rate: DataRate?
        for number in 0..<10 as Range<Int64> {
            rate = estimator.add(
                packet(
                    Int(number), sent: number * 4_000, arrival: 9_000 + number * spacing,
                    cluster: 3))
            if number < 6 { #expect(rate == nil) }
        }
        let measured = try #require(rate)
        let expected = spacing == 2_400 ? 2_400 : kilobits
        #expect((measured.bitsPerSecond / 1000 - expected).magnitude <= 1)
        #expect(estimator.add(packet(99, sent: 0, arrival: 0, cluster: 4)) == nil)
    }

    @Test("loss at any rate is the path's; loss above a rate is a limit", arguments: [true, false])
    func loss(isInherent: Bool) throws {
        let limits = DataRate.kilobitsPerSecond(50)...DataRate.kilobitsPerSecond(5000)
        var loss = LossBasedEstimator(limits: limits)
        var random = SeededGenerator(seed: 4)
        // Sent at 2 Mbit/s and 2.4 by turns; 5 % are lost, or all above 1.2 Mbit/s.
        for second in 0..<20 {
            let count = second % 2 == 0 ? 200 : 250
            let ratio = isInherent ? 0.05 : 1 - 120 / Double(count)
            for index in 0..<count {
                let isLost = Double.random(in: 0..<1, using: &random) < ratio
                let sent = Int64(second) * 1_000_000 + Int64(index) * 1_000_000 / Int64(count)
                loss.add(packet(index, size: 1250, sent: sent, arrival: isLost ? nil : sent))
                if index % 25 == 0 {
                    loss.update(
                        throughput: isInherent
                            ? .kilobitsPerSecond(2000) : .kilobitsPerSecond(1200),
                        delayBased: .kilobitsPerSecond(2500), isApplicationLimited: false)
                }
            }
        }
        let rate = try #require(loss.rate)
        #expect(
            isInherent
                ? rate >= .kilobitsPerSecond(2300)
                : (1_200_000...1_300_000).contains(rate.bitsPerSecond))
    }
}
