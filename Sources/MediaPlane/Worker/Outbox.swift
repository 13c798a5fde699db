internal import DatagramIO
package import Primitives

/// Which of the workers of one port a worker is.
package struct WorkerPlace: Hashable, Sendable {
    package var index: Int
    package var count: Int

    package init(index: Int, count: Int) {
        precondition(count > 0 && count <= Limits.workers && (0..<count).contains(index))
        self.index = index
        self.count = count
    }

    /// The only one.
    package static let only = WorkerPlace(index: 0, count: 1)
}

/// What a worker has for the others since the last look: records of media, which may be lost, and
/// commands, which may not.
package struct Outbox: ~Copyable {
    package struct Record: Hashable, Sendable {
        package var worker: Int
        package var range: Range<Int>
    }

    package private(set) var bytes: ByteWriter
    package private(set) var records: [Record] = []
    package private(set) var commands: [(worker: Int, command: MediaCommand)] = []
    /// Records for which there was no room.
    package private(set) var dropped: UInt64 = 0

    /// - Parameter isUsed: whether there are other workers.
    init(isUsed: Bool) {
        bytes = ByteWriter(capacity: isUsed ? Limits.outboxBytes : 64)
        if isUsed { records.reserveCapacity(1024) }
    }

    package var isEmpty: Bool { records.isEmpty && commands.isEmpty }

    mutating func append(
        _ kind: HandOver.Kind, _ body: RawSpan, to worker: Int, at received: Instant
    ) {
        guard bytes.remaining >= HandOver.headerSize + body.byteCount else {
            dropped += 1
            return
        }
        let start = bytes.count
        HandOver.write(kind, at: received, into: &bytes)
        bytes.append(body)
        records.append(Record(worker: worker, range: start..<bytes.count))
    }

    mutating func append(_ command: MediaCommand, to worker: Int) {
        commands.append((worker, command))
    }

    package mutating func removeAll() {
        bytes.removeAll()
        records.removeAll(keepingCapacity: true)
        commands.removeAll(keepingCapacity: true)
    }
}
