import Primitives

/// What was sent and lost in the last seconds, and how well a pair of bandwidth and inherent loss
/// explains it (loss_based_bwe_v2.cc).
struct LossWindow: Equatable, Sendable {
    /// A guess at the link.
    struct Channel: Equatable, Sendable {
        var bandwidth: DataRate
        /// The share that is lost at any rate, 0...1.
        var inherentLoss: Double
    }

    private struct Observation: Equatable {
        var kilobytes = 0.0
        var lost = 0.0
        var rate = 0.0  // kbit/s

        var lossRatio: Double { kilobytes > 0 ? lost / kilobytes : 0 }
    }

    /// Observations that count: 15, each of 250 ms at least, each of 0.9 of the weight of the next.
    static let size = 15
    static let minimumLength: Int64 = 250_000
    static let decay = 0.9
    /// A probability is kept this far from 0 and 1.
    static let epsilon = 1e-6

    private var observations: [Observation]
    /// How many there have been; saturates far above ``size``.
    private(set) var count = 0
    private var newest = 0
    private var bytes = 0
    private var lostBytes = 0
    private var firstSent: Instant?
    private var newestSent: Instant?
    /// What was sent before is not looked at.
    private var ignoredUntil = Instant.zero
    /// When the last packet of the last observation was sent.
    private(set) var lastSent = Instant.zero
    private(set) var averageLoss = 0.0

    init() {
        observations = Array(repeating: Observation(), count: Self.size)
    }

    /// Looks only at what is sent from `moment` on.
    mutating func ignore(until moment: Instant) { ignoredUntil = moment }

    mutating func add(_ packet: PacketResult) {
        guard packet.sent >= ignoredUntil else { return }
        if packet.wasLost {
            // Counted as lost before, and came late after all.
            lostBytes = max(0, lostBytes - packet.size)
            return
        }
        bytes += packet.size
        if packet.arrival == nil { lostBytes += packet.size }
        firstSent = min(firstSent ?? packet.sent, packet.sent)
        newestSent = max(newestSent ?? packet.sent, packet.sent)
    }

    /// Closes an observation when it is long enough.
    mutating func close() -> Bool {
        guard let first = firstSent, let last = newestSent else { return false }
        if count == 0, lastSent == .zero { lastSent = first }
        let length = last.microseconds(since: lastSent)
        guard length >= Self.minimumLength else { return false }
        newest = count == 0 ? 0 : (newest + 1) % Self.size
        observations[newest] = Observation(
            kilobytes: Double(bytes) / 1000, lost: Double(lostBytes) / 1000,
            rate: Double(bytes) * 8000 / Double(length))
        count = min(count + 1, 1000)
        lastSent = last
        (bytes, lostBytes, firstSent, newestSent) = (0, 0, nil, nil)
        averageLoss = trimmedLoss()
        return true
    }

    /// The observation that is `age` back, 0 the newest.
    private func observation(_ age: Int) -> Observation {
        observations[(newest + Self.size - age) % Self.size]
    }

    private var filled: Int { min(count, Self.size) }

    /// The weighted loss without the best and the worst observation: a single burst is no trend,
    /// unless it came when we sent twice as fast as usual.
    private func trimmedLoss() -> Double {
        var (total, lost, weight) = (0.0, 0.0, 1.0)
        var (best, worst) = (Observation(), Observation())
        var (bestRatio, worstRatio) = (1.0, 0.0)
        for age in 0..<filled {
            let item = observation(age)
            total += weight * item.kilobytes
            lost += weight * item.lost
            let weighted = Observation(
                kilobytes: weight * item.kilobytes, lost: weight * item.lost, rate: item.rate)
            if count > 3, item.lossRatio > worstRatio {
                (worst, worstRatio) = (weighted, item.lossRatio)
            }
            if count > 3, item.lossRatio < bestRatio {
                (best, bestRatio) = (weighted, item.lossRatio)
            }
            weight *= Self.decay
        }
        let rest = total - best.kilobytes - worst.kilobytes
        if rest <= 0 || medianRate() * 2 <= worst.rate { return total > 0 ? lost / total : 0 }
        return min(max((lost - best.lost - worst.lost) / rest, 0), 1)
    }

    /// By counting: of 15 the one with as many below as above.
    private func medianRate() -> Double {
        for age in 0..<filled {
            let rate = observation(age).rate
            var below = 0
            for other in 0..<filled where observation(other).rate < rate { below += 1 }
            var same = 0
            for other in 0..<filled where observation(other).rate == rate { same += 1 }
            if below <= filled / 2, below + same > filled / 2 { return rate }
        }
        return 0
    }
}

/// The likelihood.
extension LossWindow {
    /// The channel with the inherent loss that explains best what was lost: one step of Newton's
    /// method, of three quarters.
    func fitted(_ channel: Channel) -> Channel {
        var channel = channel
        channel.inherentLoss = feasible(channel.inherentLoss, at: channel.bandwidth)
        var (first, second, weight) = (0.0, 0.0, 1.0)
        for age in 0..<filled {
            let item = observation(age)
            let loss = lossProbability(channel, rate: item.rate)
            let received = item.kilobytes - item.lost
            first += weight * (item.lost / loss - received / (1 - loss))
            second -=
                weight * (item.lost / (loss * loss) + received / ((1 - loss) * (1 - loss)))
            weight *= Self.decay
        }
        guard second < 0 else { return channel }
        channel.inherentLoss = feasible(
            channel.inherentLoss - 0.75 * first / second, at: channel.bandwidth)
        return channel
    }

    /// The logarithm of the likelihood, with a bias towards more bandwidth that ends at 20 % loss.
    func likelihood(of channel: Channel) -> Double {
        let kilobits = channel.bandwidth.kilobits
        let distance = 0.2 - averageLoss
        let bias =
            distance / (0.002 + distance.magnitude)
            * (0.0002 * kilobits + 0.02 * naturalLogarithm(1 + kilobits))
        var (sum, weight) = (0.0, 1.0)
        for age in 0..<filled {
            let item = observation(age)
            let loss = lossProbability(channel, rate: item.rate)
            sum +=
                weight
                * (item.lost * naturalLogarithm(loss)
                    + (item.kilobytes - item.lost) * naturalLogarithm(1 - loss)
                    + bias * item.kilobytes)
            weight *= Self.decay
        }
        return sum
    }

    /// What is sent above the bandwidth is lost, beyond what is lost anyway.
    private func lossProbability(_ channel: Channel, rate: Double) -> Double {
        var loss = channel.inherentLoss
        let bandwidth = channel.bandwidth.kilobits
        if rate > bandwidth { loss += (1 - loss) * (rate - bandwidth) / rate }
        return min(max(loss, Self.epsilon), 1 - Self.epsilon)
    }

    /// A fast path has little loss of its own: at most 5 % and 100 kbit/s over the bandwidth.
    private func feasible(_ loss: Double, at bandwidth: DataRate) -> Double {
        let most = min(1, 0.05 + 100 / max(bandwidth.kilobits, 1))
        return min(max(loss, 0.001), most)
    }
}
