internal import Congestion
internal import Forwarding
internal import Primitives

/// What of a viewer's pictures may go in one turn, and what has gone.
struct Portion: Hashable {
    private var bytesLeft: Int
    private var packetsLeft: Int
    private(set) var bytes = 0
    private(set) var packets = 0

    init(bytes: Int, packets: Int) {
        bytesLeft = bytes
        packetsLeft = packets
    }

    static let unlimited = Portion(bytes: .max, packets: .max)

    var isUsedUp: Bool { bytesLeft <= 0 || packetsLeft <= 0 }

    @inline(__always)
    mutating func take(_ size: Int) {
        bytes += size
        packets += 1
        bytesLeft -= size
        packetsLeft -= 1
    }
}

extension Viewer {
    /// What may go now, at the pace that the estimate allows.
    mutating func openPortion(at now: Instant) -> Portion {
        if isEstimated {
            if now >= nextEstimate {
                nextEstimate = now + Limits.estimateInterval
                estimator!.tick(at: now)
            }
            pacing.setRate(picturePace(), isSmooth: estimator!.wantsSpacing)
        }
        return Portion(bytes: pacing.allowance(at: now), packets: pacing.burst)
    }

    private mutating func picturePace() -> DataRate {
        // Who has much sound is not to wait for it.
        if estimator!.isCareful { return Limits.carefulPace }
        if isCrowded, estimator!.hasLimit {
            return max(
                estimator!.target.subtracting(allocatedSound),
                estimator!.wantedProbe?.rate ?? .zero)
        }
        // What was decided to be sent is not sent more slowly than it comes.
        return max(
            estimator!.sendingRate, allocated.scaled(by: Limits.leastPace),
            estimator!.hasLimit ? .zero : isCatchingUp ? Limits.joinPace : Limits.keyframePace)
    }

    /// How fast pictures go to a viewer who does not tell what arrives, of so many that it watches.
    func blindPace(for pictures: Int) -> DataRate {
        max(
            allocated.scaled(by: Limits.blindPace),
            Limits.leastBlindPace.scaled(by: Double(max(1, pictures))))
    }

    /// Whether the estimator wants something measured, and there is something to measure it with.
    /// Mutating, because what is only read through an optional is copied first.
    @inline(__always)
    mutating func wantsProbe() -> Bool {
        isEstimated && hasRetransmission && estimator!.wantedProbe != nil
    }

    /// A picture track whose RTX stream can carry padding.
    func paddingTrack() -> Int? {
        for track in SetBits(pictures) {
            if self.tracks[track].canPad { return track }
        }
        return nil
    }

    /// Pays for what has gone.
    mutating func close(_ portion: Portion, at now: Instant) {
        guard portion.packets > 0 else { return }
        pacing.noteSent(bytes: portion.bytes, packets: portion.packets, at: now)
        if isCrowded, isEstimated { estimator!.noteBulk(at: now) }
    }

    /// The number under which the viewer tells of a packet's arrival; `nil` when it does not.
    @inline(__always)
    mutating func takeTransportNumber(
        forBytes size: Int, onTrack track: Int, at now: Instant
    ) -> SequenceNumber? {
        guard transportWide & 1 << UInt64(track) != 0 else { return nil }
        return estimator!.packetSent(
            size: size, isProbe: estimator!.wantedProbe != nil, at: now)
    }
}
