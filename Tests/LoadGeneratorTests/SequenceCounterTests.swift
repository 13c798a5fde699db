import LoadGenerator
import Primitives
import Testing

@Suite struct SequenceCounterTests {
    private let now = Instant(nanoseconds: 1_000_000_000)

    private func arrivals(_ numbers: [UInt16]) -> [SequenceCounter.Arrival] {
        var counter = SequenceCounter()
        return numbers.map { counter.count(SequenceNumber($0), at: now).arrival }
    }

    @Test func aStreamInOrderHasNoHoles() {
        #expect(arrivals([7, 8, 9]) == [.inOrder, .inOrder, .inOrder])
    }

    @Test func numbersWrap() {
        var counter = SequenceCounter()
        let sequences = [65_534, 65_535, 0, 1].map { (number: UInt16) in
            counter.count(SequenceNumber(number), at: now).sequence
        }
        #expect(sequences == [131_070, 131_071, 131_072, 131_073])
        #expect(!counter.hasHoles)
    }

    @Test func aHoleIsCountedAndFilled() {
        #expect(
            arrivals([10, 13, 12, 14, 11, 15])
                == [
                    .inOrder, .afterHole(missing: 2), .recovered, .inOrder, .recovered, .inOrder,
                ])
    }

    @Test func aHoleOverTheWrapIsFilled() {
        #expect(
            arrivals([65_535, 2, 0, 1])
                == [.inOrder, .afterHole(missing: 2), .recovered, .recovered])
    }

    @Test func whatComesTwiceIsADuplicate() {
        #expect(
            arrivals([10, 10, 12, 11, 11, 9])
                == [
                    .inOrder, .duplicate, .afterHole(missing: 1), .recovered, .duplicate,
                    .duplicate,
                ])
    }

    @Test func whatIsMissingIsAskedForOnceItIsLate() {
        var counter = SequenceCounter()
        for number: UInt16 in [1, 4] { _ = counter.count(SequenceNumber(number), at: now) }
        var list: [SequenceNumber] = []
        counter.collect(at: now, into: &list)
        #expect(list.isEmpty)
        counter.collect(at: now + .milliseconds(20), into: &list)
        #expect(list.map(\.rawValue) == [2, 3])
        #expect(counter.hasHoles)
    }

    @Test func whatDoesNotComeIsGivenUp() {
        var counter = SequenceCounter()
        for number: UInt16 in [1, 3] { _ = counter.count(SequenceNumber(number), at: now) }
        var list: [SequenceNumber] = []
        counter.collect(at: now + .seconds(5), into: &list)
        #expect(list.isEmpty)
        #expect(!counter.hasHoles)
        #expect(counter.count(SequenceNumber(2), at: now).arrival == .duplicate)
    }
}
