package import Primitives

/// The rate that the delays allow: grows while they do not, and falls below what arrives when they do
/// (draft-ietf-rmcat-gcc-02 §5.5; aimd_rate_control.cc).
package struct AIMDController: Equatable, Sendable {
    /// What is left of the throughput at overuse: 0.85.
    static let beta = 0.85
    /// What is left when a full queue has to drain as well: 0.5 at least.
    static let drainingBeta = 0.5
    /// Growth far from the link's capacity: 8 % a second.
    static let growth = 1.08
    /// The rate stays below 1.5 times what arrives, and 10 kbit/s.
    static let throughputFactor = 1.5
    static let throughputOffset = 10_000.0
    /// Growth near the link's capacity: at least 4 kbit/s a second.
    static let minimumAdditive = 4_000.0
    /// The time between two decreases is a round trip, within 10...200 ms.
    static let decreaseInterval: ClosedRange<Int64> = 10_000...200_000

    /// Beside a flow that backs off for loss only, we do the same: to 0.7 after loss (RFC 9438 §4.6),
    /// and up by one and a half packets a round trip.
    static let competingBeta = 0.7
    static let packetBits = 9_600.0
    static let competingPackets = 1.5
    /// And at least by 800 kbit/s a second, at any round trip: CUBIC's window grows with time (§4.2), and at the
    /// 350 ms of a full queue by much more than a packet each.
    static let competingGrowth = 800_000.0

    private enum State: Equatable {
        case hold
        case increase
    }

    package private(set) var rate: DataRate
    private var state = State.hold
    private(set) var capacity = LinkCapacity()
    private var lastChange: Instant
    /// When the rate was last reduced; `nil`: never.
    package private(set) var lastDecrease: Instant?
    /// What arrived then.
    private(set) var decreasedFrom: DataRate?
    /// Microseconds.
    var roundTrip: Int64 = 200_000

    package init(start: DataRate, at now: Instant) {
        rate = start
        lastChange = now
    }

    /// True when enough time has passed since the last change to see what it did, or when what
    /// arrives is less than half of the rate.
    func mayDecrease(throughput: DataRate, at now: Instant) -> Bool {
        let interval = min(
            max(roundTrip, Self.decreaseInterval.lowerBound), Self.decreaseInterval.upperBound)
        return now.microseconds(since: lastDecrease ?? .zero) >= interval
            || throughput < rate.scaled(by: 0.5)
    }

    /// The queue grows.
    ///
    /// - Parameters:
    ///   - throughput: what arrives now.
    ///   - queue: how long packets wait now, in seconds. What is above 150 ms is drained within a
    ///     second; ``beta`` alone would take two for a queue of 300 ms.
    package mutating func decrease(throughput: DataRate, queue: Double, at now: Instant) {
        let factor = min(Self.beta, max(Self.drainingBeta, 1 - queue))
        var lowered = throughput.scaled(by: factor)
        if lowered > rate, let known = capacity.estimate { lowered = known.scaled(by: factor) }
        rate = min(rate, lowered)
        if capacity.isUndercut(by: throughput) { capacity.reset() }
        capacity.noteOveruse(throughput: throughput)
        state = .hold
        lastChange = now
        lastDecrease = now
        decreasedFrom = throughput
    }

    /// The queue empties: wait until it has.
    package mutating func hold() { state = .hold }

    /// The delays do not grow.
    ///
    /// - Parameter throughput: what arrives; `nil` while that is not known.
    package mutating func increase(throughput: DataRate?, at now: Instant) {
        if state == .hold {
            state = .increase
            lastChange = now
        }
        defer { lastChange = now }
        guard let throughput else { return }
        if capacity.isExceeded(by: throughput) { capacity.reset() }
        let limit = DataRate(
            clamping: Double(throughput.bitsPerSecond) * Self.throughputFactor
                + Self.throughputOffset)
        guard rate < limit else { return }
        let elapsed = min(max(0, Double(now.microseconds(since: lastChange)) / 1e6), 1)
        let step = capacity.isKnown ? additiveStep(elapsed) : multiplicativeStep(elapsed)
        rate = min(limit, DataRate(clamping: Double(rate.bitsPerSecond) + step))
    }

    /// Somebody else keeps the queue full.
    ///
    /// - Parameter isLost: loss was told of.
    mutating func compete(throughput: DataRate?, isLost: Bool, at now: Instant) {
        let elapsed = min(max(0, Double(now.microseconds(since: lastChange)) / 1e6), 1)
        lastChange = now
        if isLost {
            guard now.microseconds(since: lastDecrease ?? .zero) >= roundTrip else { return }
            rate = rate.scaled(by: Self.competingBeta)
            lastDecrease = now
            return
        }
        guard let throughput else { return }
        let response = max(Double(roundTrip) / 1e6, 0.02)
        let limit = throughput.scaled(by: Self.throughputFactor)
        let growth = max(
            Self.competingPackets * Self.packetBits / response / response, Self.competingGrowth)
        let grown = DataRate(clamping: Double(rate.bitsPerSecond) + growth * elapsed)
        rate = max(rate, min(limit, grown))
    }

    /// A probe measured the link.
    package mutating func apply(probe: DataRate, at now: Instant) {
        capacity.noteProbe(probe)
        rate = probe
        lastChange = now
    }

    /// Sets the rate because of something else than delays.
    mutating func set(_ value: DataRate, at now: Instant) {
        rate = value
        lastChange = now
    }

    private func multiplicativeStep(_ seconds: Double) -> Double {
        // 1.08^t - 1 within 0.02 % for a second and less.
        let exponent = seconds * 0.076_961
        let factor = exponent * (1 + exponent / 2 * (1 + exponent / 3))
        return max(Double(rate.bitsPerSecond) * factor, 1000)
    }

    /// One packet more in each response time, of the size that packets have at 30 frames a second.
    private func additiveStep(_ seconds: Double) -> Double {
        let frame = rate.bitsPerSecond / 30
        let packets = frame / Int64(Self.packetBits) + 1
        let response = Double(roundTrip) / 1e6 + 0.1
        return max(Double(frame / packets) / response, Self.minimumAdditive) * seconds
    }
}
