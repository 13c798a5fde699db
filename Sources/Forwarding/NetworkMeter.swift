package import Primitives
package import RTP

/// What is known of the network between a peer and us: gathered as it comes, read at each report.
package struct NetworkMeter: Hashable, Sendable {
    /// The newest round trip; `nil` before the first.
    package private(set) var roundTrip: Duration?
    /// Interarrival jitter of sound, as the receiving side measures it.
    package private(set) var jitter: Duration?
    /// The share of packets that were lost, 0...1, as of the last ``closeWindow()`` that had any to
    /// count.
    package private(set) var fractionLost: Double?

    private var expected: Int64 = 0
    private var lost: Int64 = 0
    private var lastHeard: Instant

    package init(at now: Instant) { lastHeard = now }

    /// Notes an echo of a time of ours, and the round trip that follows from it: what has passed
    /// since, less what the peer held it (RFC 3550 §6.4.1, RFC 3611 §4.5). An echo that is not
    /// plausible is passed over.
    ///
    /// - Parameters:
    ///   - last: the middle 32 bits of our NTP time that the peer echoes; 0: it has none.
    ///   - held: from its receiving that to its sending the echo, in 1/65536 s.
    ///   - now: the middle 32 bits of our NTP time when the echo came.
    package mutating func noteEcho(of last: UInt32, held: UInt32, at now: UInt32) {
        guard last != 0 else { return }
        let units = Int32(bitPattern: now &- last &- held)
        // Clocks that are read in another order can give a few units below zero.
        guard units > -Limits.roundTripTolerance, units <= Limits.largestRoundTrip else { return }
        roundTrip = .nanoseconds(Int64(max(0, units)) * 1_000_000_000 / 65_536)
    }

    /// Counts packets that one side sent, and how many of them never came.
    package mutating func count(expected: Int64, lost: Int64) {
        self.expected += max(0, expected)
        self.lost += min(max(0, lost), max(0, expected))
    }

    package mutating func noteJitter(_ jitter: Duration) { self.jitter = jitter }

    /// Notes that the peer gave a sign of life.
    package mutating func noteHeard(at now: Instant) { lastHeard = max(lastHeard, now) }

    /// Nothing has come from the peer for ``Limits/peerSilence``.
    package func isSilent(at now: Instant) -> Bool { now - lastHeard >= Limits.peerSilence }

    /// Ends the window that losses are counted over.
    package mutating func closeWindow() {
        guard expected > 0 else { return }
        fractionLost = Double(lost) / Double(expected)
        expected = 0
        lost = 0
    }
}

/// What a viewer's report blocks say about one track, from one to the next.
package struct RemoteReception: Equatable, Sendable {
    private var last: ReportBlock?

    package init() {}

    /// The packets that a block adds to the last one: how many were sent, and how many of them the
    /// viewer lost. Nothing for the first block, or one that is older than the last.
    package mutating func note(_ block: ReportBlock) -> (expected: Int64, lost: Int64) {
        guard let last else {
            self.last = block
            return (0, 0)
        }
        let expected = Int32(bitPattern: block.extendedHighest &- last.extendedHighest)
        guard expected > 0 else { return (0, 0) }
        self.last = block
        return (Int64(expected), Int64(block.cumulativeLost) - Int64(last.cumulativeLost))
    }
}
