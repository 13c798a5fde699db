package import Primitives
package import RTP

/// Whether a stream's host was told not to send it.
package enum LayerHold: Hashable, Sendable {
    case none
    /// It is not to come.
    case held
    /// It may come again, and has not begun to with a keyframe.
    case resumed
}

/// A layer that its host was told not to send, as viewers may choose it nevertheless: with what was known
/// of it last. It is kept until what comes again has been measured.
package struct HeldLayer: Hashable, Sendable {
    package enum Phase: Hashable, Sendable {
        /// The host was told to stop it, then.
        case held(Instant)
        /// The host was told to go on, then.
        case resumed(Instant)
        /// It has come again with a keyframe, then.
        case back(Instant)
    }

    /// What became of a layer that was resumed.
    package enum Outcome: Hashable, Sendable {
        case waits
        /// What arrives says all there is to know.
        case isOver
        /// The host does not send it: it has stopped.
        case hasFailed
    }

    /// Its place among the names in the offer.
    package let place: Int
    package let ssrc: SSRC
    package let rate: DataRate
    package let pixels: Int
    package let framesPerSecond: Int
    package var phase: Phase

    package init(
        place: Int, ssrc: SSRC, rate: DataRate, pixels: Int, framesPerSecond: Int,
        heldAt moment: Instant
    ) {
        phase = .held(moment)
        self.place = place
        self.ssrc = ssrc
        self.rate = rate
        self.pixels = pixels
        self.framesPerSecond = framesPerSecond
    }

    /// Whether it counts as there although it brings nothing.
    package var isExpected: Bool {
        if case .back = phase { false } else { true }
    }

    /// Whether what was known of it still holds. It does not when its host goes on sending it.
    package func isKnown(arrives: Bool, at now: Instant) -> Bool {
        guard case .held(let since) = phase, arrives else { return true }
        return now - since < Limits.resumedRateAge
    }

    /// Goes on to `now`.
    ///
    /// - Parameters:
    ///   - hold: the stream's own state, which ends with the first keyframe after it was resumed.
    ///   - arrives: whether it brings packets.
    package mutating func advance(
        _ hold: LayerHold, arrives: Bool, at now: Instant
    ) -> Outcome {
        switch phase {
        case .held: return .waits
        case .resumed(let since):
            if hold == .none {
                phase = .back(now)
                return .waits
            }
            guard now - since >= Limits.resumePatience else { return .waits }
            return arrives ? .isOver : .hasFailed
        case .back(let since): return now - since >= Limits.resumedRateAge ? .isOver : .waits
        }
    }
}
