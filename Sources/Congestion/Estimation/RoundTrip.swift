import Primitives

/// The time to the viewer and back, smoothed by an eighth (RFC 6298 §2).
///
/// What reports measure counts; where none come, feedback is timed, which waits up to 100 ms for its
/// turn and so is too long rather than too short.
struct RoundTrip: Equatable, Sendable {
    /// A reported round trip counts for 10 s.
    static let validity: Int64 = 10_000_000
    /// Nothing longer is believed: 3 s.
    static let maximum: Int64 = 3_000_000

    /// Microseconds.
    private(set) var value: Int64 = 200_000
    private var isFirst = true
    private var reportedAt: Instant?

    mutating func noteReported(_ sample: Int64, at now: Instant) {
        if reportedAt == nil { isFirst = true }
        reportedAt = now
        add(sample)
    }

    mutating func noteFeedback(_ sample: Int64, at now: Instant) {
        if let reportedAt, now.microseconds(since: reportedAt) < Self.validity { return }
        reportedAt = nil
        add(sample)
    }

    private mutating func add(_ sample: Int64) {
        let sample = min(max(sample, 0), Self.maximum)
        value = isFirst ? sample : value + (sample - value) / 8
        isFirst = false
    }
}
