package import Primitives

/// What transport-wide feedback does to the estimate.
extension BandwidthEstimator {
    /// Takes a message of the viewer.
    ///
    /// - Parameters:
    ///   - bytes: what `feedback` was parsed from.
    ///   - now: when it came.
    ///   - results: memory that a worker lends to each of its viewers; holds, afterwards, what
    ///     became of which packet.
    package mutating func receive(
        _ feedback: TransportFeedback, in bytes: RawSpan, at now: Instant,
        using results: inout PacketResults
    ) {
        results.removeAll()
        guard feedbackKind == .transportWide, admits(feedback) else { return }
        let isComparable = match(feedback, in: bytes, at: now, into: &results)
        guard !results.packets.isEmpty else { return }
        lastHeard = now
        updateLimited(at: now)
        noteRoundTrip(of: results, at: now)
        if !isComparable {
            delay.reset()
            recent.reset()
        }
        let probe = takeArrivals(results, at: now)
        let lost = takeLosses(results)
        estimate(probe: probe, isLost: lost >= Self.lossEvent, at: now)
    }

    /// Refuses what is too long, or was here before.
    private mutating func admits(_ feedback: TransportFeedback) -> Bool {
        guard feedback.statusCount <= Limits.maximumStatuses else {
            violations.tooLong &+= 1
            return false
        }
        guard feedback.count != lastFeedbackCount else {
            violations.duplicateMessage &+= 1
            return false
        }
        lastFeedbackCount = feedback.count
        return true
    }

    /// Fills `results`; false when the receiver's clock jumped.
    private mutating func match(
        _ feedback: TransportFeedback, in bytes: RawSpan, at now: Instant,
        into results: inout PacketResults
    ) -> Bool {
        let (base, jumped) = clock.advance(to: feedback.referenceSteps, at: now)
        if jumped { violations.clockJump &+= 1 }
        feedback.forEachTick(in: bytes) { sequence, ticks in
            take(sequence, ticks: ticks, base: base, at: now, into: &results)
        }
        return !jumped
    }

    private mutating func take(
        _ sequence: SequenceNumber, ticks: Int64?, base: Int64, at now: Instant,
        into results: inout PacketResults
    ) {
        let offset = (ticks ?? 0) &* 250
        let arrival = ticks == nil ? nil : base &+ offset
        switch history.match(sequence, arrival: arrival, at: now) {
        case .told(let packet):
            let isTimely = offset.magnitude <= UInt64(ReceiverClock.maximumJump)
            if !results.append(packet, isTimely: isTimely) { violations.absurdArrival &+= 1 }
        case .repeated: if ticks != nil { violations.repeated &+= 1 }
        case .stillLost, .forgotten: break
        case .neverSent: violations.neverSent &+= 1
        case .future: violations.future &+= 1
        }
    }

    /// The newest packet's way, and the feedback's.
    private mutating func noteRoundTrip(of results: PacketResults, at now: Instant) {
        guard let index = results.order.last else { return }
        newestTold = max(newestTold, results.packets[Int(index)].sent)
        roundTrip.noteFeedback(
            now.microseconds(since: results.packets[Int(index)].sent), at: now)
        delay.setRoundTrip(roundTrip.value)
    }

    /// - Returns: what a probe measured.
    private mutating func takeArrivals(_ results: PacketResults, at now: Instant) -> DataRate? {
        delay.begin(at: now)
        var probe: DataRate?
        for index in results.order {
            let packet = results.packets[Int(index)]
            guard let arrival = packet.arrival else { continue }
            acknowledged.add(size: packet.size, arrival: arrival)
            recent.add(size: packet.size, arrival: arrival)
            delay.add(sent: packet.sent, arrival: arrival, at: now)
            if let measured = probeResults.add(packet) { probe = max(probe ?? .zero, measured) }
        }
        delay.end(at: now)
        return probe
    }

    /// - Returns: how many were lost.
    private mutating func takeLosses(_ results: PacketResults) -> Int {
        var lost = 0
        for packet in results.packets {
            loss.add(packet)
            if packet.arrival == nil { lost += 1 }
        }
        return lost
    }

    private mutating func estimate(probe: DataRate?, isLost: Bool, at now: Instant) {
        let probe = probe.flatMap(accepted)
        let throughput = throughputNow
        if delay.update(
            throughput: throughput, recent: recent.rate, probe: probe, isLost: isLost, at: now),
            let throughput
        {
            acknowledged.set(to: throughput)
            if delay.queueDelay >= Self.fullQueue { loss.forget(until: now) }
        }
        if let probe, delay.usage != .overuse {
            loss.set(probe)
            acknowledged.expectFastChange()
        }
        loss.update(
            throughput: acknowledged.rate, delayBased: delay.rate,
            isApplicationLimited: limited.isLimited)
        settle(at: now)
        probes.update(estimate: target, constraint: constraint, at: now)
        endCare(at: now)
        expectProbe(after: nil)
    }

    /// While the queue grows, what arrived last is what the link carries.
    private var throughputNow: DataRate? {
        guard delay.usage == .overuse, !delay.isCompeting, let now = recent.rate else {
            return acknowledged.rate
        }
        return now
    }

    /// A probe that found less than the target is believed only while the source is the limit: otherwise what
    /// arrives is a better measure than a few packets. And only when these have waited for each other, not
    /// for something else that held them back.
    private func accepted(_ probe: DataRate) -> DataRate? {
        if probe > target { return min(probe, limits.upperBound) }
        guard limited.isLimited, delay.isBusy, let rate = acknowledged.rate else { return nil }
        return max(probe, rate)
    }

    private var constraint: ProbeController.Constraint {
        if delay.isCompeting { return .competing }
        if delay.usage == .overuse { return .forbidden }
        switch loss.state {
        case .delayBased: return .free
        case .increasing: return .careful
        case .decreasing:
            // What limits the rate may be gone: a source far below it gives no occasion to see that.
            return loss.averageLoss < LossBasedEstimator.pastLoss ? .careful : .forbidden
        }
    }
}
