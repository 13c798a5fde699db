internal import Primitives

/// When frames are shown, much as libwebrtc has it: 10 ms behind the fastest, and a round trip more once
/// packets had to be asked for again.
struct PlayoutClock {
    /// Packets that are asked for before it waits for them.
    private static let tolerated = 3

    let roundTrip: Duration
    private var least: Duration?
    private var last = Instant.zero

    init(roundTrip: Duration) { self.roundTrip = roundTrip }

    mutating func show(sent: Instant, decoded: Instant, asked: Int) -> Instant {
        let delay = decoded - sent
        let fastest = min(least ?? delay, delay)
        least = fastest
        let wait = asked >= Self.tolerated ? roundTrip : .zero
        last = max(last, decoded, sent + fastest + .milliseconds(10) + wait)
        return last
    }
}
