import DatagramIO
import Foundation
import Primitives
import Synchronization
import Testing

@Suite struct RecordRingTests {
    private func push(_ record: [UInt8], to ring: RecordRing) -> Bool { ring.push(record.rawSpan) }

    private func pop(_ ring: RecordRing) -> [UInt8]? {
        var writer = ByteWriter(capacity: 4096)
        return ring.pop(into: &writer) ? writer.array : nil
    }

    @Test func recordsComeOutInTheirOrderAndWhole() {
        let ring = RecordRing(capacity: 256)
        #expect(ring.isEmpty && pop(ring) == nil)
        let records: [[UInt8]] = [[1, 2, 3], [], [UInt8](repeating: 7, count: 90)]
        for record in records { #expect(push(record, to: ring)) }
        #expect(!ring.isEmpty)
        for record in records { #expect(pop(ring) == record) }
        #expect(ring.isEmpty && pop(ring) == nil)
    }

    @Test func whatDoesNotFitIsRefusedAndNothingIsLost() {
        let ring = RecordRing(capacity: 64)
        #expect(push([UInt8](repeating: 1, count: 28), to: ring))
        #expect(push([UInt8](repeating: 2, count: 28), to: ring))
        #expect(!push([3], to: ring))
        #expect(pop(ring) == [UInt8](repeating: 1, count: 28))
        #expect(push([3], to: ring))
        #expect(pop(ring) == [UInt8](repeating: 2, count: 28))
        #expect(pop(ring) == [3])
        #expect(!push([UInt8](repeating: 4, count: 61), to: ring))
    }

    /// Sizes and places of every kind, the end of the memory included.
    @Test func itGoesRoundForEver() {
        let ring = RecordRing(capacity: 1024)
        var random = SeededGenerator(seed: 5)
        var waiting: [[UInt8]] = []
        for number in 0..<20_000 {
            if Bool.random(using: &random) {
                let record = [UInt8](
                    repeating: UInt8(truncatingIfNeeded: number),
                    count: Int.random(in: 0...200, using: &random))
                if ring.push(record.rawSpan) { waiting.append(record) }
            } else {
                let expected = waiting.isEmpty ? nil : waiting.removeFirst()
                #expect(pop(ring) == expected)
            }
        }
    }

    @Test func twoThreadsLoseNothing() async {
        let ring = RecordRing(capacity: 8192)
        let count: UInt64 = 200_000
        let producer = Thread {
            var record = ByteWriter(capacity: 16)
            var number: UInt64 = 0
            while number < count {
                record.removeAll()
                record.append(number)
                record.append(~number)
                if ring.push(record.bytes) { number += 1 } else { Thread.sleep(forTimeInterval: 0) }
            }
        }
        producer.start()
        var writer = ByteWriter(capacity: 64)
        var expected: UInt64 = 0
        while expected < count {
            writer.removeAll()
            guard ring.pop(into: &writer) else {
                await Task.yield()
                continue
            }
            let value = writer.bytes.uint64(at: 0)
            guard value == expected, writer.count == 16, writer.bytes.uint64(at: 8) == ~value else {
                Issue.record("\(value) in the place of \(expected)")
                return
            }
            expected += 1
        }
        #expect(ring.isEmpty)
    }
}
