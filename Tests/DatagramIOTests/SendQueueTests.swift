import DatagramIO
import Primitives
import Testing

@Suite struct SendQueueTests {
    private static let alice = TransportAddress(ipv4: 0x7F00_0001, port: 1)
    private static let bob = TransportAddress(ipv4: 0x7F00_0001, port: 2)

    private static func queue(_ datagrams: [(size: Int, to: TransportAddress)]) -> [Int] {
        var queue = SendQueue()
        for datagram in datagrams {
            let start = queue.arena.count
            queue.arena.append(repeating: 1, count: datagram.size)
            queue.commit(from: start, to: datagram.to)
        }
        var runs: [Int] = []
        var next = 0
        while next < queue.entries.count {
            runs.append(queue.runLength(from: next))
            next += runs.last!
        }
        return runs
    }

    @Test func equalSizesToOneReceiverAreOneMessage() {
        #expect(Self.queue(Array(repeating: (1200, Self.alice), count: 5)) == [5])
    }

    @Test func aShorterDatagramEndsTheRun() {
        let sizes = [1200, 1200, 700, 700, 1200].map { ($0, Self.alice) }
        #expect(Self.queue(sizes) == [3, 1, 1])
    }

    @Test func anotherReceiverEndsTheRun() {
        #expect(
            Self.queue([(100, Self.alice), (100, Self.bob), (100, Self.bob)]) == [1, 2])
    }

    @Test func runsKeepTheKernelsLimits() {
        #expect(Self.queue(Array(repeating: (100, Self.alice), count: 70)) == [64, 6])
        #expect(Self.queue(Array(repeating: (1400, Self.alice), count: 50)) == [46, 4])
    }

    @Test func committingNothingQueuesNothing() {
        var queue = SendQueue()
        queue.commit(from: 0, to: Self.alice)
        let isEmpty = queue.isEmpty
        #expect(isEmpty)
    }
}
