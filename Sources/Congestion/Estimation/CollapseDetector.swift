/// Tells when the link suddenly carries much less than is sent, from how long packets wait.
///
/// A trend needs some twenty groups of packets, and on a link that has fallen to a sixth these take half a
/// second to arrive, in which its queue overflows. The wait itself shows it within two messages.
struct CollapseDetector: Equatable, Sendable {
    /// The wait grows by 0.35 of the time that passes: a quarter of what is sent is too much.
    static let growth = 0.35
    /// In so many messages running: a single one is a radio's pause, or a large frame.
    static let messages = 2
    /// And has come to 60 ms.
    static let queue: Int64 = 60_000

    private var lastQueue: Int64 = 0
    private var lastArrival: Int64?
    private var growing = 0
    private(set) var isCollapsing = false

    /// - Parameters:
    ///   - queue: how long the newest packet of a message waited, in microseconds.
    ///   - arrival: when it arrived, in microseconds on the receiver's clock.
    mutating func note(queue: Int64, arrival: Int64) {
        defer { (lastQueue, lastArrival) = (queue, arrival) }
        guard let lastArrival, arrival > lastArrival else { return }
        let isGrowing =
            Double(queue &- lastQueue) >= Self.growth * Double(arrival &- lastArrival)
        growing = isGrowing ? min(growing + 1, Self.messages) : 0
        isCollapsing = growing >= Self.messages && queue >= Self.queue
    }
}
