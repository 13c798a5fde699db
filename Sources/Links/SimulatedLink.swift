package import Primitives

/// One direction of a path in virtual time: a bottleneck with a queue, and what lies behind it.
///
/// It holds no datagrams: ``send(bytes:at:)`` says at once when one will arrive, because what comes
/// later cannot overtake in the queue. Datagrams are given in the order of time. The same seed gives
/// the same link.
package struct SimulatedLink: Sendable {
    /// What happens to what is more than the rate.
    package enum Bottleneck: Hashable, Sendable {
        /// It waits; what finds so many bytes waiting is dropped.
        case queue(bytes: Int)
        /// It waits; what finds so many packets waiting is dropped.
        case packets(Int)
        /// It waits; what would wait longer is dropped.
        case delay(Duration)
        /// Nothing waits: a token bucket drops what comes when it is empty.
        case policer(bytes: Int)
    }

    package struct Jitter: Hashable, Sendable {
        /// Up to so much more delay, evenly distributed.
        package var maximum: Duration
        /// Each datagram for itself, so that they overtake each other; else in order.
        package var reorders: Bool

        package init(maximum: Duration, reorders: Bool = false) {
            self.maximum = maximum
            self.reorders = reorders
        }
    }

    private let schedule: RateSchedule
    private let bottleneck: Bottleneck
    /// The way behind the bottleneck. It changes when a route does.
    package var propagation: Duration
    private let jitter: Jitter
    private var loss: LossState
    private var random: SeededGenerator
    /// When what is queued has gone.
    private var busyUntil = Instant.zero
    private var lastArrival = Instant.zero
    /// When each packet that waits has gone, oldest first, and its size.
    private var waiting: [(end: Instant, bytes: Int)] = []
    private var firstWaiting = 0
    private var bytesWaiting = 0
    private var tokens: Double
    private var tokensAt = Instant.zero

    package private(set) var sent = 0
    /// Lost by the loss process.
    package private(set) var lost = 0
    /// Dropped by the queue or the policer.
    package private(set) var dropped = 0

    package init(
        _ schedule: RateSchedule, bottleneck: Bottleneck = .delay(.milliseconds(300)),
        propagation: Duration = .milliseconds(25), jitter: Jitter = Jitter(maximum: .zero),
        loss: LossProcess = .none, seed: UInt64
    ) {
        self.schedule = schedule
        self.bottleneck = bottleneck
        self.propagation = propagation
        self.jitter = jitter
        self.loss = LossState(loss)
        random = SeededGenerator(seed: seed)
        if case .policer(let bytes) = bottleneck { tokens = Double(bytes) } else { tokens = 0 }
    }

    package func rate(at now: Instant) -> DataRate { schedule.rate(at: now) }

    /// How long a datagram that comes at `now` waits until it begins to go.
    package func queueDelay(at now: Instant) -> Duration {
        busyUntil > now ? busyUntil - now : .zero
    }

    /// Sends a datagram of `bytes`, on the wire.
    ///
    /// - Returns: when it arrives; `nil`: never.
    package mutating func send(bytes: Int, at now: Instant) -> Instant? {
        sent += 1
        // Drawn for each, so that one's fate does not move another's.
        let isLost = loss.loses(using: &random)
        let extra = Int64.random(in: 0...max(0, jitter.maximum.nanoseconds), using: &random)
        guard let gone = pass(bytes, at: now) else {
            dropped += 1
            return nil
        }
        guard !isLost else {
            lost += 1
            return nil
        }
        let arrival = gone + propagation + .nanoseconds(extra)
        lastArrival = max(lastArrival, arrival)
        return jitter.reorders ? arrival : lastArrival
    }

    /// When the datagram has left the bottleneck.
    private mutating func pass(_ bytes: Int, at now: Instant) -> Instant? {
        if case .policer(let depth) = bottleneck {
            return police(bytes, depth: Double(depth), at: now)
        }
        forgetGone(at: now)
        guard hasRoom(for: bytes, at: now) else { return nil }
        busyUntil = schedule.finish(of: bytes, from: max(now, busyUntil))
        waiting.append((busyUntil, bytes))
        bytesWaiting += bytes
        return busyUntil
    }

    private func hasRoom(for bytes: Int, at now: Instant) -> Bool {
        switch bottleneck {
        case .queue(let limit): bytesWaiting + bytes <= limit
        case .packets(let limit): waiting.count - firstWaiting < limit
        case .delay(let limit): queueDelay(at: now) <= limit
        case .policer: true
        }
    }

    private mutating func forgetGone(at now: Instant) {
        while firstWaiting < waiting.count, waiting[firstWaiting].end <= now {
            bytesWaiting -= waiting[firstWaiting].bytes
            firstWaiting += 1
        }
        guard firstWaiting > 256, firstWaiting * 2 > waiting.count else { return }
        waiting.removeFirst(firstWaiting)
        firstWaiting = 0
    }

    private mutating func police(_ bytes: Int, depth: Double, at now: Instant) -> Instant? {
        let rate = Double(schedule.rate(at: now).bitsPerSecond)
        tokens = min(depth, tokens + rate / 8 * (now - tokensAt).seconds)
        tokensAt = now
        guard tokens >= Double(bytes) else { return nil }
        tokens -= Double(bytes)
        return now
    }
}
