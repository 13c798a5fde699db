import Forwarding
import Primitives
import RTP

/// One stream that a viewer receives.
struct ViewedSource {
    let ssrc: SSRC
    let codec: Codec
    var sequence = SequenceCounter()
    var statistics: ReceptionStatistics
    /// Whether a decoder could have started.
    var hasStarted: Bool
    var nextKeyframeRequestAt: Instant
    /// Counts down to the next packet that is decrypted.
    var untilSample = 0
    /// The middle of the newest sender report's time, and when it came.
    private var senderReport: (middle: UInt32, at: Instant)?

    init(_ ssrc: SSRC, codec: Codec, at now: Instant) {
        self.ssrc = ssrc
        self.codec = codec
        statistics = ReceptionStatistics(clockRate: codec.clockRate)
        hasStarted = !codec.isVideo
        nextKeyframeRequestAt = now
    }

    mutating func note(_ report: SenderReport, at now: Instant) {
        senderReport = (NTPTime.middle(report.ntp), now)
    }

    /// The block of a receiver report (RFC 3550 §6.4.1).
    mutating func reportBlock(at now: Instant) -> ReportBlock? {
        var delay: UInt32 = 0
        if let senderReport {
            let microseconds = max(0, (now - senderReport.at).nanoseconds) / 1000
            delay = UInt32(clamping: microseconds * 65_536 / 1_000_000)
        }
        return statistics.report(
            for: ssrc, lastSR: senderReport?.middle ?? 0, delaySinceLastSR: delay)
    }
}
