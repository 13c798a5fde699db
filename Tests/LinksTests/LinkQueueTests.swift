import Links
import Primitives
import Testing

private func milliseconds(_ value: Int64) -> Instant { .zero + .milliseconds(value) }

@Suite("A link with what is on its way")
struct LinkQueueTests {
    private func queue(_ profile: LinkProfile, limit: Int = Links.Limits.waitingDatagrams)
        -> LinkQueue<Int>
    {
        LinkQueue(SimulatedLink(profile), limit: limit)
    }

    private func take(_ queue: inout LinkQueue<Int>, at now: Instant) -> [Int] {
        var taken: [Int] = []
        while let (datagram, arrival) = queue.receive(at: now) {
            #expect(arrival <= now)
            taken.append(datagram)
        }
        return taken
    }

    @Test("a datagram is handed out when it has arrived, and not before")
    func arrivals() {
        var queue = queue(
            LinkProfile(
                schedule: .constant(.kilobitsPerSecond(1000)), propagation: .milliseconds(20)))
        #expect(queue.nextArrival == nil)
        #expect(queue.send(1, bytes: 1250, at: .zero) == .arrives(milliseconds(30)))
        #expect(queue.send(2, bytes: 1250, at: .zero) == .arrives(milliseconds(40)))
        #expect(queue.count == 2 && queue.nextArrival == milliseconds(30))
        #expect(queue.queueDelay(at: milliseconds(5)) == .milliseconds(15))
        #expect(take(&queue, at: milliseconds(29)) == [])
        #expect(take(&queue, at: milliseconds(30)) == [1])
        #expect(take(&queue, at: milliseconds(50)) == [2])
        #expect(queue.count == 0 && queue.nextArrival == nil)
    }

    @Test("what arrives at once goes in the order in which it came")
    func ties() {
        var queue = queue(LinkProfile(propagation: .milliseconds(5)))
        // Of no size, and so without a time of its own.
        for number in 0..<100 { queue.send(number, bytes: 0, at: .zero) }
        #expect(take(&queue, at: milliseconds(5)) == Array(0..<100))
    }

    @Test("datagrams that overtake each other are handed out as they arrive")
    func reordering() {
        var queue = queue(
            LinkProfile(jitter: .init(maximum: .milliseconds(10), reorders: true), seed: 3))
        var fates: [Instant] = []
        for number in 0..<500 {
            let fate = queue.send(number, bytes: 100, at: milliseconds(Int64(number)))
            if case .arrives(let arrival) = fate { fates.append(arrival) }
        }
        let order = take(&queue, at: .distantFuture)
        #expect(order.sorted() == Array(0..<500) && order != order.sorted())
        #expect(order.map { fates[$0] } == fates.sorted())
    }

    @Test("each way of not arriving is told and counted")
    func fates() {
        var lossy = queue(LinkProfile(loss: .random(1)))
        #expect(lossy.send(1, bytes: 100, at: .zero) == .lost)
        var narrow = queue(
            LinkProfile(schedule: .constant(.kilobitsPerSecond(8)), bottleneck: .packets(1)))
        #expect(narrow.send(1, bytes: 1000, at: .zero) == .arrives(milliseconds(1000)))
        #expect(narrow.send(2, bytes: 1000, at: .zero) == .dropped)
        var short = queue(LinkProfile(), limit: 1)
        short.send(1, bytes: 100, at: .zero)
        #expect(short.send(2, bytes: 100, at: .zero) == .overflowed)
        #expect(lossy.counters.lost == 1 && narrow.counters.dropped == 1)
        #expect(short.counters.overflowed == 1 && short.counters.bytesSent == 200)
        #expect(take(&short, at: milliseconds(1)) == [1])
        #expect(short.send(3, bytes: 100, at: milliseconds(1)) != .overflowed)
    }

    @Test("every datagram is accounted for, whatever the link")
    func accounts() {
        var queue = queue(
            LinkProfile(
                schedule: .movingPhone(for: .seconds(5), seed: 2, repeats: true),
                bottleneck: .delay(.milliseconds(100)),
                jitter: .init(maximum: .milliseconds(30), reorders: true),
                loss: .bursts(ratio: 0.05, length: 3), seed: 5))
        var taken = 0
        for number in 0..<20_000 {
            let now = milliseconds(Int64(number))
            queue.send(number, bytes: 700, at: now)
            taken += take(&queue, at: now).count
        }
        let counters = queue.counters
        #expect(counters.arrived == UInt64(taken) && counters.bytesArrived == 700 * UInt64(taken))
        #expect(
            counters.sent
                == counters.arrived + counters.lost + counters.dropped + UInt64(queue.count))
        #expect(counters.lost > 100 && counters.dropped > 100)
        var double = counters
        double += counters
        #expect(double - counters == counters)
    }

    @Test("time that goes back counts as standing still")
    func time() {
        var queue = queue(LinkProfile(bottleneck: .policer(bytes: 1000)))
        #expect(queue.send(1, bytes: 100, at: milliseconds(10)) == .arrives(milliseconds(10)))
        #expect(queue.send(2, bytes: 100, at: milliseconds(9)) == .arrives(milliseconds(10)))
    }

    @Test("a schedule that repeats is as it was a period ago, over its end as well")
    func repeating() {
        let schedule = RateSchedule(
            [
                .init(start: .zero, rate: .kilobitsPerSecond(1000)),
                .init(start: milliseconds(100), rate: .kilobitsPerSecond(500)),
            ], period: .milliseconds(200))
        #expect(schedule.rate(at: milliseconds(250)) == .kilobitsPerSecond(1000))
        #expect(schedule.rate(at: milliseconds(350)) == .kilobitsPerSecond(500))
        // 10 ms at half the rate, and the rest at the whole.
        #expect(schedule.finish(of: 1250, from: milliseconds(190)) == milliseconds(205))
        #expect(schedule.finish(of: 1250, from: milliseconds(2190)) == milliseconds(2205))
        #expect(
            RateSchedule.unlimited.finish(of: 1500, from: milliseconds(1)) < milliseconds(1)
                + .microseconds(1))
    }
}
