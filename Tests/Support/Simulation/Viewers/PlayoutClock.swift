internal import Primitives

/// When frames are shown, much as libwebrtc has it: 10 ms behind the fastest, and up to a round trip more once
/// packets had to be asked for again. That delay grows with what comes late, and otherwise by a tenth of
/// the time that passes (modules/video_coding/timing/timing.cc).
struct PlayoutClock {
    /// Packets that are asked for before it waits for them.
    private static let tolerated = 3
    /// By what part of the time that passes the delay grows.
    private static let slowness: Int64 = 10

    let roundTrip: Duration
    private var least: Duration?
    /// Besides what each frame waits.
    private var wait = Duration.zero
    private var lastSent: Instant?
    private var last = Instant.zero

    init(roundTrip: Duration) { self.roundTrip = roundTrip }

    mutating func show(sent: Instant, decoded: Instant, asked: Int) -> Instant {
        let delay = decoded - sent
        least = min(least ?? delay, delay)
        let target = asked >= Self.tolerated ? roundTrip : .zero
        let newest = max(lastSent ?? sent, sent)
        wait = min(target, wait + (newest - (lastSent ?? sent)) / Self.slowness)
        lastSent = newest
        let lateness = decoded - due(sent: sent)
        if lateness > .zero { wait = min(target, wait + lateness) }
        last = max(last, decoded, due(sent: sent))
        return last
    }

    /// When a frame is to be shown that is there by then.
    func due(sent: Instant) -> Instant { sent + (least ?? .zero) + .milliseconds(10) + wait }
}
