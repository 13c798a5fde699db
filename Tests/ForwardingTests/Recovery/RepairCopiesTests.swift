import Primitives
import Testing

@testable import Forwarding

@Suite("What was sent again goes once more") struct RepairCopiesTests {
    private let start = Instant(nanoseconds: 1_000_000_000)

    @Test("Each copy is due 10 ms after its repair, in their order; what is more than 64 is let go")
    func queue() {
        var copies = RepairCopies()
        var model: [RepairCopies.Copy] = []
        var random = SeededGenerator(seed: 5)
        var now = start
        var letGo = 0
        for number in 0..<100_000 {
            // Mostly a few; now and then all of a large hole.
            let isHole = Int.random(in: 0..<500, using: &random) == 0
            for _ in 0..<(isHole ? 100 : Int.random(in: 0...1, using: &random)) {
                let times = number % 2 + 1
                let copy = RepairCopies.Copy(
                    track: number % 7, sequence: Int64(number), due: now + Limits.copyDelay,
                    left: times - 1)
                copies.add(copy.sequence, onTrack: copy.track, times: times, at: now)
                if model.count < Limits.waitingCopies { model.append(copy) } else { letGo += 1 }
            }
            now = now + .microseconds(Int.random(in: 0...3000, using: &random))
            while let first = model.first, first.due <= now {
                #expect(copies.soonest == first.due)
                let copy = copies.pop(at: now)
                #expect(copy == first)
                model.removeFirst()
            }
            let early = copies.pop(at: now)
            #expect(early == nil && copies.isEmpty == model.isEmpty)
            #expect(copies.soonest == model.first?.due)
        }
        #expect(letGo > 1000)
    }

    @Test("Copies take half of the budget at most: what is asked for comes first")
    func budget() {
        var budget = ResendBudget()
        var (admitted, copied) = (0, 0)
        for number in 0..<1000 {
            let outcome = budget.admit(Int64(number), at: start, roundTrip: nil, sent: 0)
            guard outcome == .admitted else { continue }
            admitted += 1
            if budget.admitCopy() { copied += 1 }
        }
        #expect(admitted + copied == Limits.resendBurst)
        #expect(copied == Limits.resendBurst / 4)
    }
}
