package import Primitives

/// A link with the datagrams that are on their way over it: for relays, which must hold what a
/// ``SimulatedLink`` only says the arrival of.
///
/// `Datagram` is whatever the caller wants back: bytes, or where they lie.
package struct LinkQueue<Datagram: Sendable>: Sendable {
    /// What became of a datagram.
    package enum Fate: Equatable, Sendable {
        case arrives(Instant)
        /// Lost by the loss process.
        case lost
        /// The queue before the bottleneck was full, or the policer's bucket empty.
        case dropped
        /// ``Limits/waitingDatagrams`` wait already.
        case overflowed
    }

    private struct Waiting: Sendable {
        var arrival: Instant
        /// Of those that arrive at once, who came first goes first.
        var number: UInt64
        var bytes: Int
        var datagram: Datagram

        func goes(before other: Waiting) -> Bool {
            (arrival, number) < (other.arrival, other.number)
        }
    }

    private var link: SimulatedLink
    /// A heap: nobody goes before its parent.
    private var waiting: [Waiting] = []
    private let limit: Int
    private var lastSent = Instant.zero
    package private(set) var counters = LinkCounters()

    package init(_ link: SimulatedLink, limit: Int = Limits.waitingDatagrams) {
        precondition(limit > 0)
        self.link = link
        self.limit = limit
    }

    /// How many datagrams are on their way.
    package var count: Int { waiting.count }

    /// When the next datagram arrives; `nil`: none is on its way.
    package var nextArrival: Instant? { waiting.first?.arrival }

    package func rate(at now: Instant) -> DataRate { link.rate(at: now) }

    /// How long a datagram that comes at `now` waits before the bottleneck.
    package func queueDelay(at now: Instant) -> Duration { link.queueDelay(at: now) }

    /// Sends a datagram of `bytes`, on the wire. One that comes with an earlier time than the one before
    /// counts as having come with it.
    @discardableResult
    package mutating func send(_ datagram: Datagram, bytes: Int, at now: Instant) -> Fate {
        lastSent = max(lastSent, now)
        counters.sent += 1
        counters.bytesSent += UInt64(bytes)
        guard waiting.count < limit else {
            counters.overflowed += 1
            return .overflowed
        }
        let lostBefore = link.lost
        guard let arrival = link.send(bytes: bytes, at: lastSent) else {
            if link.lost > lostBefore {
                counters.lost += 1
                return .lost
            }
            counters.dropped += 1
            return .dropped
        }
        push(
            Waiting(
                arrival: arrival, number: counters.sent, bytes: bytes, datagram: datagram))
        return .arrives(arrival)
    }

    /// Takes a datagram that has arrived by `now`, the earliest first.
    ///
    /// - Returns: the datagram, and when it arrived; `nil`: nothing else has.
    package mutating func receive(at now: Instant) -> (datagram: Datagram, arrival: Instant)? {
        guard let first = waiting.first, first.arrival <= now else { return nil }
        removeFirst()
        counters.arrived += 1
        counters.bytesArrived += UInt64(first.bytes)
        return (first.datagram, first.arrival)
    }

    // MARK: The heap

    private mutating func push(_ item: Waiting) {
        waiting.append(item)
        var child = waiting.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard waiting[child].goes(before: waiting[parent]) else { return }
            waiting.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func removeFirst() {
        waiting.swapAt(0, waiting.count - 1)
        waiting.removeLast()
        var parent = 0
        while true {
            var first = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < waiting.count {
                if waiting[child].goes(before: waiting[first]) { first = child }
            }
            guard first != parent else { return }
            waiting.swapAt(parent, first)
            parent = first
        }
    }
}

/// What a link has done with the datagrams that it was given.
package struct LinkCounters: Hashable, Sendable {
    package var sent: UInt64 = 0
    package var bytesSent: UInt64 = 0
    package var arrived: UInt64 = 0
    package var bytesArrived: UInt64 = 0
    /// By the loss process.
    package var lost: UInt64 = 0
    /// By the queue before the bottleneck, or the policer.
    package var dropped: UInt64 = 0
    /// Because too many were on their way.
    package var overflowed: UInt64 = 0

    package init() {}

    package static func += (sum: inout LinkCounters, other: LinkCounters) {
        for counter in all { sum[keyPath: counter] += other[keyPath: counter] }
    }

    /// What came to an earlier reading of the same counters.
    package static func - (later: LinkCounters, earlier: LinkCounters) -> LinkCounters {
        var difference = later
        for counter in all { difference[keyPath: counter] -= earlier[keyPath: counter] }
        return difference
    }

    private static let all: [any WritableKeyPath<LinkCounters, UInt64> & Sendable] = [
        \.sent, \.bytesSent, \.arrived, \.bytesArrived, \.lost, \.dropped, \.overflowed,
    ]
}
