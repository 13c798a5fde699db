package import Primitives

/// The half of the estimate that follows loss: the bandwidth, and the loss that the path has anyway,
/// that together best explain what was lost at which rate (loss_based_bwe_v2.cc, whose constants
/// these are).
///
/// Constant random loss ends up in ``inherentLoss`` and costs nothing; loss that comes with the rate
/// ends up in the bandwidth.
package struct LossBasedEstimator: Equatable, Sendable {
    package enum State: Equatable, Sendable {
        /// Loss limits nothing.
        case delayBased
        case increasing
        case decreasing
    }

    /// Observations before the first result: 3.
    static let minimumObservations = 3
    /// What a candidate for the bandwidth may be, of the one before.
    static let candidateFactors = (1.02, 1.0, 0.95)
    /// Growth is at most 1.3 in a window of 300 ms, and ends at 1.5 times what arrives, or at 1.2
    /// times when that is near the rate at which loss began.
    static let maximumIncrease = 1.3
    static let increaseWindow: Int64 = 300_000
    static let rampUp = 1.5
    static let rampUpInHold = 1.2
    static let holdThreshold = 1.3
    /// After a decrease the rate is held for 300 ms, then twice as long each time, to 4 s. The
    /// reference holds for up to a minute, in which nothing probes: too long for a viewer.
    static let firstHold: Int64 = 300_000
    static let maximumHold: Int64 = 4_000_000

    /// Less loss than that, over the last seconds, is none.
    static let pastLoss = 0.005

    private var window = LossWindow()
    private var best: LossWindow.Channel?
    package private(set) var state = State.delayBased
    /// What loss allows; `nil` until there is enough to say.
    package private(set) var rate: DataRate?
    private let limits: ClosedRange<DataRate>
    private var hold = Hold()
    private var windowLimit: DataRate?
    private var windowStart: Instant?

    private struct Hold: Equatable {
        var until: Instant?
        var duration = LossBasedEstimator.firstHold
        var rate: DataRate?
    }

    package init(limits: ClosedRange<DataRate>) { self.limits = limits }

    /// The loss that the path has at any rate, 0...1.
    package var inherentLoss: Double { best?.inherentLoss ?? 0 }
    /// The loss of the last seconds, without their best and worst quarter of a second, 0...1.
    package var averageLoss: Double { window.averageLoss }

    /// Takes one packet's fate.
    mutating func add(_ packet: PacketResult) { window.add(packet) }

    /// Takes what was added since the last call, when that is enough for an observation.
    ///
    /// - Parameters:
    ///   - throughput: what arrives; a bound from below.
    ///   - delayBased: what the delays allow; a bound from above.
    package mutating func update(
        throughput: DataRate?, delayBased: DataRate, isApplicationLimited: Bool
    ) {
        guard window.close() else { return }
        let current = best ?? LossWindow.Channel(bandwidth: delayBased, inherentLoss: 0.01)
        if best == nil { rate = delayBased }
        var chosen = likeliest(
            from: current, throughput: isApplicationLimited ? nil : throughput,
            delayBased: delayBased)
        boundGrowth(of: &chosen, from: current.bandwidth, throughput: throughput)
        let floor = max(limits.lowerBound, throughput ?? .zero)
        let bounded = max(floor, min(chosen.bandwidth, instantLimit, delayBased))
        if bounded < chosen.bandwidth {
            chosen = LossWindow.Channel(bandwidth: bounded, inherentLoss: 0)
        }
        chosen.bandwidth = max(chosen.bandwidth, floor)
        best = chosen
        guard window.count >= Self.minimumObservations else { return }
        settle(bounded, delayBased: delayBased, floor: floor)
    }

    /// What was sent until `now` is not counted: the queue was full, and the rate fell for that.
    mutating func forget(until now: Instant) {
        self = LossBasedEstimator(limits: limits)
        window.ignore(until: now)
    }

    /// What a probe, or silence, has shown instead.
    mutating func set(_ value: DataRate) {
        best?.bandwidth = value
        if rate != nil { rate = value }
        state = .delayBased
    }

    /// The bound that the loss of the last seconds sets at once: 100 kbit/s over what is above 5 %.
    private var instantLimit: DataRate {
        let excess = window.averageLoss - 0.05
        return excess > 0 ? DataRate(clamping: 100_000 / excess) : limits.upperBound
    }

    private func likeliest(
        from current: LossWindow.Channel, throughput: DataRate?, delayBased: DataRate
    ) -> LossWindow.Channel {
        let limit = max(
            current.bandwidth,
            state == .delayBased ? limits.upperBound : windowLimit ?? limits.upperBound)
        var result = current
        var highest = -Double.infinity
        func consider(_ bandwidth: DataRate) {
            let candidate = window.fitted(
                LossWindow.Channel(
                    bandwidth: min(bandwidth, limit), inherentLoss: current.inherentLoss))
            let score = window.likelihood(of: candidate)
            if score > highest {
                highest = score
                result = candidate
            }
        }
        consider(current.bandwidth.scaled(by: Self.candidateFactors.0))
        consider(current.bandwidth.scaled(by: Self.candidateFactors.1))
        consider(current.bandwidth.scaled(by: Self.candidateFactors.2))
        if let throughput { consider(throughput) }
        if delayBased > current.bandwidth { consider(delayBased) }
        return result
    }

    private func boundGrowth(
        of chosen: inout LossWindow.Channel, from current: DataRate, throughput: DataRate?
    ) {
        // More loss than the path has by itself is no reason to grow.
        if window.averageLoss > chosen.inherentLoss {
            chosen.bandwidth = min(chosen.bandwidth, current)
        }
        guard state != .delayBased else { return }
        if let windowStart, let windowLimit,
            window.lastSent.microseconds(since: windowStart) < Self.increaseWindow
        {
            chosen.bandwidth = min(chosen.bandwidth, windowLimit)
        }
        guard chosen.bandwidth > current, let throughput else { return }
        let isNearHold = hold.rate.map { throughput < $0.scaled(by: Self.holdThreshold) } ?? false
        let ramp = throughput.scaled(by: isNearHold ? Self.rampUpInHold : Self.rampUp)
        chosen.bandwidth = max(current, min(chosen.bandwidth, ramp))
    }

    /// Decides the state and the rate.
    private mutating func settle(_ bounded: DataRate, delayBased: DataRate, floor: DataRate) {
        let isLimiting = bounded < delayBased && bounded < limits.upperBound
        let now = window.lastSent
        if state == .decreasing, isLimiting, let until = hold.until, until > now {
            let held = max(floor, hold.rate ?? bounded)
            hold.rate = held
            rate = min(held, bounded)
            return
        }
        if !isLimiting {
            hold = Hold()
            state = .delayBased
        } else if state != .delayBased, let rate, rate < bounded {
            state = .increasing
        } else if state != .increasing || rate.map({ bounded < $0 }) ?? true {
            if state != .decreasing {
                hold.until = now + .microseconds(hold.duration)
                hold.duration = min(Self.maximumHold, hold.duration * 2)
                hold.rate = bounded
            }
            state = .decreasing
        }
        rate = bounded
        openWindow(at: now)
    }

    private mutating func openWindow(at now: Instant) {
        guard state != .delayBased else { return }
        if let windowStart, now.microseconds(since: windowStart) <= Self.increaseWindow { return }
        windowLimit = best?.bandwidth.scaled(by: Self.maximumIncrease)
        windowStart = now
    }
}
