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
package struct VirtualNetwork {
    package struct Datagram {
        package var deliverAt: Instant
        package var source: TransportAddress
        package var destination: TransportAddress
        package var bytes: [UInt8]
        /// Tells datagrams of one moment apart, so that their order is the same in every run.
        fileprivate var number: Int
    }

    private let link: LinkModel
    private var random: SeededGenerator
    private var inFlight: [Datagram] = []
    private var sent = 0
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
        // Both numbers are drawn for every datagram, so that one's fate does not move another's.
        let fate = Double.random(in: 0..<1, using: &random)
        let extra = Int64.random(in: 0...max(0, link.jitter.nanoseconds), using: &random)
        guard fate >= link.loss else {
            lost += 1
            return
        }
        inFlight.append(
            Datagram(
                deliverAt: now + link.delay + .nanoseconds(extra), source: source,
                destination: destination, bytes: bytes, number: sent))
    }

    package var nextDelivery: Instant? { inFlight.lazy.map(\.deliverAt).min() }

    /// Takes everything that has arrived by `now`, in the order of arrival.
    package mutating func deliver(at now: Instant) -> [Datagram] {
        let due = inFlight.filter { $0.deliverAt <= now }
        inFlight.removeAll { $0.deliverAt <= now }
        return due.sorted { ($0.deliverAt, $0.number) < ($1.deliverAt, $1.number) }
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
