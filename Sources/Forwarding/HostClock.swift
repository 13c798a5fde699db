package import Primitives

/// Maps a host's NTP clock to ours. The first sender report of any of its streams fixes the
/// distance for all of them, so that streams of one host keep their relation to each other.
package struct HostClock: Hashable, Sendable {
    /// Our monotonic time less the host's Unix time, in nanoseconds.
    private var offset: Int64?

    package init() {}

    package mutating func observe(_ report: ReceivedSenderReport) {
        // A sender without a wall clock writes zero (RFC 3550 §6.4.1).
        guard report.ntp != 0 else { return }
        if let at = place(report), Self.agrees(at, report) { return }
        // The first report, or one after the host's clock was set.
        let host = NTPTime.unixNanoseconds(report.ntp)
        offset = Int64(clamping: report.receivedAt.nanoseconds) &- host
    }

    /// The moment on our clock that a report speaks of; `nil` when the host's clock was set since.
    package func instant(of report: ReceivedSenderReport) -> Instant? {
        guard report.ntp != 0, let at = place(report), Self.agrees(at, report) else { return nil }
        return Instant(nanoseconds: UInt64(at))
    }

    private func place(_ report: ReceivedSenderReport) -> Int64? {
        guard let offset else { return nil }
        let nanoseconds = NTPTime.unixNanoseconds(report.ntp) &+ offset
        return nanoseconds >= 0 ? nanoseconds : nil
    }

    /// A report comes within the network's delay and the clocks' drift of when it was written.
    private static func agrees(_ at: Int64, _ report: ReceivedSenderReport) -> Bool {
        let received = Int64(clamping: report.receivedAt.nanoseconds)
        let (difference, overflow) = received.subtractingReportingOverflow(at)
        return !overflow && difference.magnitude <= Limits.clockTolerance.nanoseconds.magnitude
    }
}
