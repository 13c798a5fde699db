package import Primitives

/// Maps a host's NTP clock to ours. The first sender report of any of its streams fixes the
/// distance for all of them, so that streams of one host keep their relation to each other.
package struct HostClock: Hashable, Sendable {
    /// Our monotonic time less the host's Unix time, in nanoseconds.
    private var offset: Int64?

    package init() {}

    package mutating func observe(_ report: ReceivedSenderReport) {
        guard offset == nil else { return }
        let host = NTPTime.unixNanoseconds(report.ntp)
        offset = Int64(bitPattern: report.receivedAt.nanoseconds) &- host
    }

    /// The moment on our clock that a report speaks of.
    package func instant(of report: ReceivedSenderReport) -> Instant? {
        guard let offset else { return nil }
        let nanoseconds = NTPTime.unixNanoseconds(report.ntp) &+ offset
        return nanoseconds >= 0 ? Instant(nanoseconds: UInt64(nanoseconds)) : nil
    }
}
