package import Primitives

/// Datagrams that wait for the next flush: one arena of bytes and a list of what lies where.
///
/// Whoever sends appends a datagram's bytes to ``arena`` and then calls ``commit(from:to:)``.
/// Datagrams to one destination that follow each other and are equal in size become one
/// UDP_SEGMENT message when the queue is flushed: appending in the receivers' order is what makes
/// batches.
package struct SendQueue: ~Copyable {
    package struct Entry: Hashable, Sendable {
        package var offset: Int
        package var size: Int
        package var destination: TransportAddress
        /// The address of this machine that it is sent from.
        package var local: LocalAddress
    }

    package var arena: ByteWriter
    package private(set) var entries: [Entry]

    package init() {
        arena = ByteWriter(capacity: Limits.sendQueueBytes)
        entries = []
        entries.reserveCapacity(Limits.sendQueueDatagrams)
    }

    /// Whether another datagram of full size fits. When not, flush first.
    package var hasRoom: Bool {
        entries.count < Limits.sendQueueDatagrams
            && arena.remaining >= Limits.datagramCapacity
    }

    package var isEmpty: Bool { entries.isEmpty }

    /// Makes what was appended to the arena since `offset` a datagram. Nothing appended is nothing
    /// to send.
    ///
    /// - Parameter local: the address to send from: the one that the peer sends to, since it takes
    ///   nothing from another.
    package mutating func commit(
        from offset: Int, to destination: TransportAddress, via local: LocalAddress = .any
    ) {
        let size = arena.count - offset
        guard size > 0 else { return }
        entries.append(
            Entry(offset: offset, size: size, destination: destination, local: local))
    }

    package mutating func removeAll() {
        arena.removeAll()
        entries.removeAll(keepingCapacity: true)
    }

    /// The number of entries from `start` that one message can carry: the same destination, all of
    /// the first one's size but the last, which may be smaller.
    package func runLength(from start: Int) -> Int {
        let first = entries[start]
        var length = 1
        var bytes = first.size
        while start + length < entries.count, length < Limits.segmentsPerMessage {
            let next = entries[start + length]
            guard next.destination == first.destination, next.local == first.local,
                next.size <= first.size,
                bytes + next.size <= Limits.bytesPerMessage
            else { break }
            bytes += next.size
            length += 1
            if next.size < first.size { break }
        }
        return length
    }
}

/// An address of this machine, by its place in the ``LocalAddressBook`` of the sockets that share it.
package struct LocalAddress: Hashable, Sendable {
    /// 0: whichever the kernel chooses.
    package let place: UInt8

    package init(place: UInt8) { self.place = place }

    /// Whichever the kernel chooses.
    package static let any = LocalAddress(place: 0)
}

/// Where a flushed queue goes: a socket, or a test.
package protocol DatagramSink: ~Copyable {
    /// Sends everything in `queue` and empties it.
    /// - Returns: when that was done.
    @discardableResult
    mutating func flush(_ queue: inout SendQueue) -> Instant
}
