internal import Primitives

/// DTLS datagrams of peers that are not connected yet, in the order in which they came.
///
/// A step of a handshake takes a few hundred microseconds, as long as forwarding several hundred
/// packets, so that steps wait here and are taken one between two looks at the socket.
struct HandshakeQueue {
    struct Entry: Equatable {
        var peer: Int
        var generation: UInt32
        var datagram: [UInt8]
    }

    private var entries: [Entry] = []
    /// How many of the entries are done.
    private var done = 0

    var isEmpty: Bool { done == entries.count }
    var count: Int { entries.count - done }

    /// - Returns: false when the queue is full.
    mutating func append(_ entry: Entry) -> Bool {
        guard count < Limits.waitingHandshakes else { return false }
        entries.append(entry)
        return true
    }

    mutating func popFirst() -> Entry? {
        guard !isEmpty else { return nil }
        let first = entries[done]
        done += 1
        if done == entries.count {
            entries.removeAll(keepingCapacity: true)
            done = 0
        } else if done >= Limits.waitingHandshakes {
            entries.removeFirst(done)
            done = 0
        }
        return first
    }
}
