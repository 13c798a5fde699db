import Primitives
import Testing

@Suite("Sequence numbers")
struct SequenceNumberTests {
    @Test(
        "have an order by the shorter way round",
        arguments: [
            (1, 0, 1), (0, 1, -1), (0, 65535, 1), (65535, 0, -1), (32767, 0, 32767),
            (32768, 0, -32768), (5, 5, 0),
        ] as [(UInt16, UInt16, Int)])
    func distance(number: UInt16, other: UInt16, distance: Int) {
        let number = SequenceNumber(number)
        #expect(number.distance(from: SequenceNumber(other)) == distance)
        #expect(number.isNewer(than: SequenceNumber(other)) == (distance > 0))
    }

    @Test("advance over the wrap, both ways")
    func advance() {
        #expect(SequenceNumber(65535).advanced(by: 2) == SequenceNumber(1))
        #expect(SequenceNumber(0).advanced(by: -1) == SequenceNumber(65535))
        #expect(SequenceNumber(7).advanced(by: 65536) == SequenceNumber(7))
    }

    @Test("unwrap in order over three cycles")
    func unwrapInOrder() {
        var unwrapper = SequenceUnwrapper()
        let first = unwrapper.unwrap(SequenceNumber(65000))
        for step in 1...200_000 {
            let value = unwrapper.unwrap(SequenceNumber(UInt16(truncatingIfNeeded: 65000 + step)))
            guard value == first + Int64(step) else {
                Issue.record("step \(step) gave \(value)")
                return
            }
        }
        #expect(unwrapper.newest == first + 200_000)
    }

    @Test("unwrap what came late without going back")
    func unwrapLate() {
        var unwrapper = SequenceUnwrapper()
        let first = unwrapper.unwrap(SequenceNumber(0))
        #expect(unwrapper.unwrap(SequenceNumber(65535)) == first - 1)
        #expect(first > 1)
        #expect(unwrapper.newest == first)
        #expect(unwrapper.unwrap(SequenceNumber(1)) == first + 1)
    }
}
