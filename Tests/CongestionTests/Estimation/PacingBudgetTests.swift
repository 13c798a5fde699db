import Congestion
import Primitives
import Testing

@Suite("When packets may go")
struct PacingBudgetTests {
    /// Sends as much as may go, looking each `interval`; how many went at each look.
    private func run(
        _ budget: inout PacingBudget, size: Int, every interval: Duration, looks: Int,
        from start: Instant = .zero
    ) -> [Int] {
        (0..<looks).map { look in
            let now = start + interval * look
            var count = 0
            while budget.maySend(at: now), count < 1000 {
                #expect(budget.bytesAllowed(at: now) > 0)
                budget.noteSent(bytes: size, at: now)
                count += 1
            }
            return count
        }
    }

    @Test("holds the rate, and never more than 10 packets in one go", arguments: [1, 3, 20])
    func rate(milliseconds: Int) {
        for kilobits in [300, 2_500, 8_500, 50_000] as [Int64] {
            var budget = PacingBudget(rate: .kilobitsPerSecond(kilobits), at: .zero)
            let sent = run(
                &budget, size: 1200, every: .milliseconds(milliseconds), looks: 3000 / milliseconds)
            let megabits = Double(sent.reduce(0, +) * 1200 * 8) / 3e6
            #expect(sent.allSatisfy { $0 <= 10 })
            #expect(megabits <= Double(kilobits) / 1000 * 1.01 + 0.02)
            // A look each 20 ms catches up on 5 ms.
            if milliseconds <= 3, kilobits < 10_000 {
                #expect(megabits >= Double(kilobits) / 1000 * 0.99)
            }
        }
    }

    @Test("silence saves up 5 ms and a packet")
    func silence() {
        var budget = PacingBudget(rate: .kilobitsPerSecond(8_500), at: .zero)
        let late = run(
            &budget, size: 1200, every: .seconds(1), looks: 1,
            from: Instant(nanoseconds: 60_000_000_000))
        #expect(late == [5])
    }

    @Test("small packets are not more than 10 in one go either")
    func small() {
        var budget = PacingBudget(rate: .kilobitsPerSecond(50_000), at: .zero)
        let sent = run(&budget, size: 60, every: .milliseconds(1), looks: 50)
        #expect(sent.allSatisfy { $0 <= 10 } && sent.contains(10))
    }

    @Test("says when the next may go")
    func next() {
        var budget = PacingBudget(rate: .kilobitsPerSecond(960), at: .zero)
        budget.noteSent(bytes: 1200, at: .zero)
        #expect(budget.nextSend == .zero + .milliseconds(10))
        #expect(budget.bytesAllowed(at: .zero + .milliseconds(9)) == 0)
        budget.setRate(.zero)
        #expect(budget.rate > .zero)
    }
}
