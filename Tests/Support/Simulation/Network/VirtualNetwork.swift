package import Links
package import Primitives

/// How one direction of a path treats datagrams.
package struct LinkModel: Hashable, Sendable {
    /// One-way delay without jitter.
    package var delay: Duration
    /// Up to so much more, evenly distributed, for each datagram on its own: what reorders them.
    package var jitter: Duration
    /// The share that is lost, 0...1.
    package var loss: Double

    package init(
        delay: Duration = .milliseconds(20), jitter: Duration = .zero, loss: Double = 0
    ) {
        self.delay = delay
        self.jitter = jitter
        self.loss = loss
    }
}

/// A network in virtual time: what is sent is delivered later, out of order or not at all, as its
/// seed decides. The same seed gives the same network.
///
/// All datagrams go the same way, except those of addresses that have a link of their own.
package struct VirtualNetwork {
    package struct Datagram {
        package var deliverAt: Instant
        package var source: TransportAddress
        package var destination: TransportAddress
        package var bytes: [UInt8]
        /// Tells datagrams of one moment apart, so that their order is the same in every run.
        var number: Int

        func isBefore(_ other: Datagram) -> Bool {
            (deliverAt, number) < (other.deliverAt, other.number)
        }
    }

    package enum Direction { case up, down }

    /// Of IPv4 and UDP: what a datagram takes on a link besides its own bytes.
    package static let headers = 28

    private let link: LinkModel
    private var random: SeededGenerator
    private var inFlight = DatagramHeap()
    private var sent = 0
    package private(set) var links: [SimulatedLink] = []
    /// The links of what addresses send, and of what is sent to them.
    private var upward: [TransportAddress: Int] = [:]
    private var downward: [TransportAddress: Int] = [:]
    /// Of everything that was delivered.
    package private(set) var trace = TraceHash()
    package private(set) var lost = 0

    package init(_ link: LinkModel, seed: UInt64) {
        self.link = link
        random = SeededGenerator(seed: seed)
    }

    package mutating func send(
        _ bytes: [UInt8], from source: TransportAddress, to destination: TransportAddress,
        at now: Instant
    ) {
        sent += 1
        if let link = upward[source] ?? downward[destination] {
            guard let arrival = links[link].send(bytes: bytes.count + Self.headers, at: now) else {
                lost += 1
                return
            }
            return inFlight.push(
                Datagram(
                    deliverAt: arrival, source: source, destination: destination, bytes: bytes,
                    number: sent))
        }
        // Both numbers are drawn for every datagram, so that one's fate does not move another's.
        let fate = Double.random(in: 0..<1, using: &random)
        let extra = Int64.random(in: 0...max(0, link.jitter.nanoseconds), using: &random)
        guard fate >= link.loss else {
            lost += 1
            return
        }
        inFlight.push(
            Datagram(
                deliverAt: now + link.delay + .nanoseconds(extra), source: source,
                destination: destination, bytes: bytes, number: sent))
    }

    package var nextDelivery: Instant? { inFlight.first?.deliverAt }

    /// Takes everything that has arrived by `now`, in the order of arrival.
    package mutating func deliver(at now: Instant) -> [Datagram] {
        var due: [Datagram] = []
        while let first = inFlight.first, first.deliverAt <= now, let datagram = inFlight.pop() {
            trace.add(datagram.deliverAt.nanoseconds)
            trace.add(datagram.source.low ^ datagram.destination.low << 20)
            trace.add(UInt64(datagram.bytes.count))
            due.append(datagram)
        }
        return due
    }

    // MARK: - Links

    /// Adds a link. - Returns: its place, for ``lead(_:of:over:)``.
    package mutating func add(_ link: SimulatedLink) -> Int {
        links.append(link)
        return links.count - 1
    }

    /// Leads one direction of an address over a link, which may be others' too.
    package mutating func lead(
        _ direction: Direction, of address: TransportAddress, over link: Int
    ) {
        switch direction {
        case .up: upward[address] = link
        case .down: downward[address] = link
        }
    }

    /// An address becomes another one: its links stay.
    package mutating func move(_ former: TransportAddress, to address: TransportAddress) {
        upward[address] = upward.removeValue(forKey: former)
        downward[address] = downward.removeValue(forKey: former)
    }

    /// Something that is no datagram of ours passes a link, too.
    package mutating func withLink<Result>(
        _ place: Int, _ body: (inout SimulatedLink) -> Result
    ) -> Result {
        body(&links[place])
    }
}

/// A running digest of what happened (FNV-1a), to compare two runs by one number.
package struct TraceHash: Hashable, Sendable {
    package private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    package init() {}

    package mutating func add(_ number: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            value = (value ^ (number >> shift & 0xFF)) &* 0x100_0000_01B3
        }
    }
}
