internal import Primitives

/// When frames are shown, as libwebrtc has it: behind the mean of their ways, by as much as these vary. A frame
/// that is later than that lets the delay grow by its lateness (modules/video_coding/timing/timing.cc,
/// video/video_stream_buffer_controller.cc).
///
/// What is asked for again adds nothing: a viewer that sends no media learns no round trip. Chromium waited for
/// 18 ms with 3 % of loss over a round trip of 50, and for 80 to 100 on ``RateSchedule/movingPhone(for:seed:repeats:)``;
/// with sound beside the picture for up to 35 and 340, which is not simulated.
struct PlayoutClock {
    private static let renderDelay = 10.0

    // Times in milliseconds.
    private var jitter = JitterEstimate()
    private var lastWay: Double?
    private var meanWay = 0.0
    private var ways = 0.0
    /// Behind the mean way.
    private var delay = 0.0
    private var last = Instant.zero

    /// A frame is whole, and nothing of it was asked for again.
    mutating func note(captured: Instant, complete: Instant) {
        ways += 1
        meanWay += ((complete - captured).milliseconds - meanWay) / ways
    }

    /// When a frame is to be decoded that is there by then.
    func due(captured: Instant) -> Instant {
        captured + .milliseconds(meanWay + max(0, delay - Self.renderDelay))
    }

    /// A frame is decoded. - Returns: when it is shown.
    mutating func show(_ frame: ReceivedFrame, decoded: Instant) -> Instant {
        let captured = frame.mark.captured
        let due = due(captured: captured)
        if !frame.isRepaired {
            let way = (frame.complete - captured).milliseconds
            if let lastWay { jitter.update(variation: way - lastWay, bytes: Double(frame.bytes)) }
            lastWay = way
            let target = jitter.delay + Self.renderDelay
            let lateness = max(0, (decoded - due).milliseconds)
            delay = delay == 0 ? target : min(delay + lateness, target)
        }
        last = max(last, decoded, due + .milliseconds(Self.renderDelay))
        return last
    }
}

extension Duration {
    fileprivate static func milliseconds(_ value: Double) -> Duration {
        .nanoseconds(Int64(value * 1e6))
    }
}
