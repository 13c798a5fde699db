import Links
import Primitives
import Testing

private func milliseconds(_ value: Int64) -> Instant { .zero + .milliseconds(value) }

@Suite("The simulated link")
struct SimulatedLinkTests {
    private static let megabit = RateSchedule.constant(.kilobitsPerSecond(1000))

    @Test("a datagram takes its size over the rate, the queue before it, and the way")
    func timing() {
        var link = SimulatedLink(Self.megabit, propagation: .milliseconds(20), seed: 1)
        #expect(link.send(bytes: 1250, at: .zero) == milliseconds(30))
        #expect(link.send(bytes: 1250, at: .zero) == milliseconds(40))
        #expect(link.queueDelay(at: milliseconds(5)) == .milliseconds(15))
        #expect(link.queueDelay(at: milliseconds(25)) == .zero)
    }

    @Test("a datagram that spans two steps goes at both rates, and waits while nothing goes")
    func steps() {
        let schedule = RateSchedule([
            .init(start: .zero, rate: .kilobitsPerSecond(1000)),
            .init(start: milliseconds(5), rate: .zero),
            .init(start: milliseconds(105), rate: .kilobitsPerSecond(500)),
        ])
        #expect(schedule.finish(of: 1250, from: .zero) == milliseconds(115))
        #expect(schedule.rate(at: milliseconds(60)) == .zero)
    }

    @Test(
        "a full queue drops what comes, and takes more when it has room",
        arguments: [
            SimulatedLink.Bottleneck.queue(bytes: 5000), .packets(4), .delay(.milliseconds(35)),
        ])
    func dropTail(bottleneck: SimulatedLink.Bottleneck) {
        var link = SimulatedLink(Self.megabit, bottleneck: bottleneck, seed: 1)
        let arrivals = (0..<6).map { _ in link.send(bytes: 1250, at: .zero) }
        #expect(arrivals.map { $0 != nil } == [true, true, true, true, false, false])
        #expect(link.dropped == 2)
        let later = link.send(bytes: 1250, at: milliseconds(20))
        #expect(later == milliseconds(75))
    }

    @Test("a policer of 30 packets lets 30 through at once, and then its rate")
    func policer() {
        var link = SimulatedLink(
            Self.megabit, bottleneck: .policer(bytes: 30 * 1250), propagation: .zero, seed: 1)
        let burst = (0..<40).compactMap { _ in link.send(bytes: 1250, at: .zero) }
        #expect(burst.count == 30)
        let next = (1...100).compactMap { link.send(bytes: 1250, at: milliseconds(Int64($0))) }
        #expect(next.count == 10)
    }

    @Test("jitter keeps the order, or does not", arguments: [false, true])
    func jitter(reorders: Bool) {
        var link = SimulatedLink(
            .constant(.kilobitsPerSecond(100_000)),
            jitter: .init(maximum: .milliseconds(10), reorders: reorders), seed: 3)
        let arrivals = (0..<500).compactMap { link.send(bytes: 100, at: milliseconds($0)) }
        #expect(arrivals.count == 500)
        #expect((arrivals == arrivals.sorted()) != reorders)
    }

    @Test(
        "loses the share that it should, alone or in bursts",
        arguments: [LossProcess.random(0.05), .bursts(ratio: 0.05, length: 4)])
    func loss(process: LossProcess) {
        var link = SimulatedLink(
            .constant(.kilobitsPerSecond(100_000)), loss: process, seed: 7)
        let isLost = (0..<100_000).map { link.send(bytes: 100, at: milliseconds($0)) == nil }
        let lost = isLost.count { $0 }
        #expect((4_300...5_700).contains(lost) && lost == link.lost)
        let bursts = zip(isLost, isLost.dropFirst()).count { !$0 && $1 }
        let length = Double(lost) / Double(bursts)
        #expect(process == .random(0.05) ? length < 1.2 : (3.5...4.5).contains(length))
    }

    @Test("the same seed gives the same link, and the same phone")
    func determinism() {
        let runs = (0..<2).map { _ in
            var link = SimulatedLink(
                .movingPhone(for: .seconds(20), seed: 9), jitter: .init(maximum: .milliseconds(5)),
                loss: .random(0.1), seed: 9)
            return (0..<2000).map { link.send(bytes: 1000, at: milliseconds($0 * 10)) }
        }
        #expect(runs[0] == runs[1])
    }

    @Test("a moving phone has what it is said to have", arguments: 0..<10 as Range<UInt64>)
    func phone(seed: UInt64) {
        let steps = RateSchedule.movingPhone(for: .seconds(120), seed: seed).steps
        let rates = steps.map { Double($0.rate.bitsPerSecond) / 1e6 }
        let mean = rates.reduce(0, +) / Double(rates.count)
        #expect((1.5...4.5).contains(mean) && rates.allSatisfy { $0 <= 8 })
        #expect(rates.contains { $0 == 0 } && rates.contains { $0 > 0 && $0 < 0.8 })
    }
}
