import MediaPlane
import Primitives
import Testing

@Suite struct DeadlineHeapTests {
    @Test(arguments: 0..<10 as Range<UInt64>)
    func popsInOrder(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var heap = DeadlineHeap(capacity: 16)
        var expected: [UInt64] = []
        for peer in 0..<200 {
            let at = UInt64.random(in: 0..<1000, using: &random)
            expected.append(at)
            heap.push(.init(at: Instant(nanoseconds: at), peer: Int32(peer), generation: 1))
        }
        var popped: [UInt64] = []
        while let entry = heap.pop(at: .distantFuture) { popped.append(entry.at.nanoseconds) }
        #expect(popped == expected.sorted())
    }

    @Test func popsOnlyWhatIsDue() {
        var heap = DeadlineHeap(capacity: 2)
        heap.push(.init(at: Instant(nanoseconds: 5), peer: 0, generation: 1))
        #expect(heap.pop(at: Instant(nanoseconds: 4)) == nil)
        #expect(heap.soonest == Instant(nanoseconds: 5))
        #expect(heap.pop(at: Instant(nanoseconds: 5))?.peer == 0)
        #expect(heap.soonest == nil)
    }
}
