package import Primitives
package import RTP

/// What a receiver reports of one stream: loss and jitter (RFC 3550 §6.4.1, appendices A.3, A.8).
package struct ReceptionStatistics: Hashable, Sendable {
    private let clockRate: Int64
    private var first: Int64?
    private var highest: Int64 = 0
    private var received: Int64 = 0
    private var expectedBefore: Int64 = 0
    private var receivedBefore: Int64 = 0
    /// Jitter scaled by 16, in units of the RTP clock (A.8).
    private var scaledJitter: Int64 = 0
    private var lastTransit: Int64?
    private var expectedTaken: Int64 = 0
    private var receivedTaken: Int64 = 0

    /// - Parameter clockRate: units of the RTP timestamp a second: 90,000 for video, 48,000 Opus.
    package init(clockRate: Int) {
        self.clockRate = Int64(clockRate)
    }

    package mutating func count(
        _ sequence: Int64, timestamp: RTPTimestamp, at now: Instant
    ) {
        if first == nil { first = sequence }
        highest = max(highest, sequence)
        received += 1
        let arrival = Int64(
            truncatingIfNeeded: now.nanoseconds / 1000 &* UInt64(clockRate) / 1_000_000)
        let transit = arrival &- Int64(timestamp.rawValue)
        if let lastTransit {
            // The difference of two transits is small; its lower 32 bits undo the timestamp's wrap.
            let change = Int64(Int32(truncatingIfNeeded: transit &- lastTransit).magnitude)
            scaledJitter += change - ((scaledJitter + 8) >> 4)
        }
        lastTransit = transit
    }

    /// Packets that are missing so far; negative when duplicates outweigh the loss.
    package var cumulativeLost: Int64 {
        guard let first else { return 0 }
        return highest - first + 1 - received
    }

    /// Interarrival jitter (A.8).
    package var jitter: Duration {
        .nanoseconds((scaledJitter >> 4) &* 1_000_000_000 / clockRate)
    }

    /// The packets since the last call: how many were sent, and how many of them are missing;
    /// `lost` is negative when more of the earlier ones were recovered.
    package mutating func takeWindow() -> (expected: Int64, lost: Int64) {
        guard let first else { return (0, 0) }
        let expected = highest - first + 1
        defer {
            expectedTaken = expected
            receivedTaken = received
        }
        let expectedNow = expected - expectedTaken
        return (expectedNow, expectedNow - (received - receivedTaken))
    }

    /// The report for the time since the last one; `nil` before the first packet.
    package mutating func report(
        for ssrc: SSRC, lastSR: UInt32, delaySinceLastSR: UInt32
    ) -> ReportBlock? {
        guard let first else { return nil }
        let expected = highest - first + 1
        let expectedNow = expected - expectedBefore
        let lostNow = expectedNow - (received - receivedBefore)
        expectedBefore = expected
        receivedBefore = received
        let fraction = expectedNow > 0 && lostNow > 0 ? min(255, lostNow * 256 / expectedNow) : 0
        return ReportBlock(
            ssrc: ssrc, fractionLost: UInt8(fraction),
            cumulativeLost: Int32(clamping: min(0x7F_FFFF, max(-0x80_0000, cumulativeLost))),
            // The first cycle is 1 (see SequenceUnwrapper); RTCP counts from 0.
            extendedHighest: UInt32(truncatingIfNeeded: highest - 65536),
            jitter: UInt32(truncatingIfNeeded: scaledJitter >> 4), lastSR: lastSR,
            delaySinceLastSR: delaySinceLastSR)
    }
}
