import Congestion
import Primitives
import Testing

@Suite("What may go")
struct PacingBudgetTests {
    private let start = Instant(nanoseconds: 10_000_000_000)

    /// Sends as much as may go, looking each `interval`; how many packets went at each look.
    private func run(
        _ budget: inout PacingBudget, size: Int, every interval: Duration, looks: Int,
        from start: Instant = Instant(nanoseconds: 10_000_000_000)
    ) -> [Int] {
        (0..<looks).map { look in
            let now = start + interval * look
            let allowance = budget.allowance(at: now)
            var packets = 0
            while packets * size < allowance, packets < budget.burst { packets += 1 }
            if packets > 0 {
                budget.noteSent(bytes: packets * size, packets: packets, at: now)
            }
            return packets
        }
    }

    @Test("holds the rate, and never more than a burst in one go", arguments: [1, 3, 20])
    func rate(milliseconds: Int) {
        for kilobits in [300, 2_500, 8_500, 50_000] as [Int64] {
            var budget = PacingBudget(rate: .kilobitsPerSecond(kilobits), at: start)
            let sent = run(
                &budget, size: 1200, every: .milliseconds(milliseconds), looks: 6000 / milliseconds)
            let megabits = Double(sent.reduce(0, +) * 1200 * 8) / 6e6
            #expect(sent.allSatisfy { $0 <= 10 })
            // The burst that was saved up before comes on top.
            #expect(megabits <= Double(kilobits) / 1000 * 1.01 + 0.04)
            // A look each 20 ms catches up on a burst.
            if milliseconds <= 3, kilobits < 10_000 {
                #expect(megabits >= Double(kilobits) / 1000 * 0.99)
            }
        }
    }

    @Test("what was sent again keeps the rest back for its time, and for 100 ms at most")
    func charge() {
        // 1,000 bytes are 2 ms.
        var budget = PacingBudget(rate: .kilobitsPerSecond(4_000), at: start)
        budget.noteSent(bytes: budget.allowance(at: start), packets: 8, at: start)
        let opens = budget.opensAt
        budget.charge(bytes: 10_000, at: start)
        #expect(budget.opensAt == opens + .milliseconds(20))
        for _ in 0..<256 { budget.charge(bytes: 1200, at: start) }
        #expect(budget.opensAt == start + .milliseconds(105))
        // What has gone before its time was up is not paid for once more.
        let later = start + .seconds(1)
        #expect(budget.allowance(at: later) > 0)
    }

    @Test("a frame of a few packets goes at once, a large one in portions of 5 ms")
    func portions() {
        var budget = PacingBudget(rate: .kilobitsPerSecond(4_500), at: start)
        let sent = run(&budget, size: 1200, every: .milliseconds(1), looks: 21)
        // 15 ms: a frame of 2 Mbit/s.
        #expect(sent[0] == 8)
        // 5 ms are 2,812 bytes: two packets and a part of one.
        #expect(sent.dropFirst().allSatisfy { $0 == 0 || (2...3).contains($0) })
        #expect(sent.dropFirst().reduce(0, +) >= 6)
    }

    @Test("silence saves up 15 ms, however long it is")
    func silence() {
        for seconds in [1, 60, 3600] {
            var budget = PacingBudget(rate: .kilobitsPerSecond(2_500), at: start)
            let late = run(
                &budget, size: 1200, every: .microseconds(100), looks: 10,
                from: start + .seconds(seconds))
            #expect(late == [4] + [Int](repeating: 0, count: 9))
        }
    }

    @Test("5 ms of a fast link are more than ten packets, if the burst may be larger")
    func fast() {
        var budget = PacingBudget(rate: .kilobitsPerSecond(100_000), burst: 64, at: start)
        let sent = run(&budget, size: 1200, every: .milliseconds(5), looks: 100)
        #expect(sent.allSatisfy { $0 <= 64 } && sent.contains { $0 > 50 })
    }

    @Test("of small packets a burst goes in one go, and then waits a millisecond")
    func small() {
        var budget = PacingBudget(rate: .kilobitsPerSecond(50_000), at: start)
        let sent = run(&budget, size: 60, every: .microseconds(500), looks: 20)
        #expect(sent == (0..<20).map { $0 % 2 == 0 ? 10 : 0 })
    }

    @Test("says when the next may go, and takes any rate")
    func next() {
        var budget = PacingBudget(rate: .kilobitsPerSecond(960), at: start)
        budget.noteSent(bytes: 1800, packets: 2, at: start)
        #expect(budget.opensAt == start + .milliseconds(5))
        #expect(budget.allowance(at: start + .milliseconds(4)) == 0)
        #expect(budget.allowance(at: start + .milliseconds(5)) == 600)
        for rate in [Int64.min, 0, 1, .max] {
            budget.setRate(DataRate(bitsPerSecond: rate))
            budget.noteSent(bytes: .max, packets: .max, at: .distantFuture)
            _ = budget.allowance(at: .distantFuture)
            #expect(budget.rate > .zero)
        }
    }
}
