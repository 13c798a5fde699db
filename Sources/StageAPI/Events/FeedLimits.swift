/// The bounds of the notification streams over HTTP.
package struct FeedLimits: Hashable, Sendable {
    /// Streams at one time.
    package var streams = 64
    /// Messages that one read brings, and one write sends. A stream holds no more than these.
    package var page = 50
    /// Between two comments that show both sides that the other one is there. The access key is
    /// looked at as often: a stream does not outlive it for longer.
    package var heartbeat: Duration = .seconds(15)
    /// What clients are told to wait before they connect again.
    package var reconnect: Duration = .seconds(2)

    package init() {}
}
