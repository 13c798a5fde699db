import Primitives
import RTP
import SyntheticMedia
import Testing

@Suite("Clip player")
struct ClipPlayerTests {
    private let start = Instant(nanoseconds: 5_000_000_000)

    @Test("frames come when they are due, and not before")
    func pacing() throws {
        var player = ClipPlayer(
            try .made(.opus, count: 3, ticks: 960), startingAt: start,
            timestamp: RTPTimestamp(1000))
        #expect(player.frames(at: start - .nanoseconds(1)).isEmpty)
        let first = player.frames(at: start)
        #expect(first.map(\.timestamp) == [RTPTimestamp(1000)])
        #expect(first.map(\.due) == [start])
        #expect(first.map(\.marksEnd) == [false])
        #expect(player.frames(at: start).isEmpty)
        #expect(player.wakeup == start + .milliseconds(20))
        // A little late: nothing is skipped, and two frames come at once.
        let late = player.frames(at: start + .milliseconds(45))
        #expect(late.map(\.timestamp) == [RTPTimestamp(1960), RTPTimestamp(2920)])
    }

    @Test("an hour of loops: timestamps, times and picture ids go on over every seam")
    func looping() throws {
        let clip = try Clip.made(.vp8, count: 300, period: 30, ticks: 3000)
        var player = ClipPlayer(
            clip, startingAt: start, timestamp: RTPTimestamp(.max - 10_000), pictureID: 0x7FF0)
        var isRight = true
        for index in 0..<30 * 3600 {
            isRight = isRight && player.wakeup == start + clip.duration(ofFrames: Int64(index))
            guard let frame = player.next(at: player.wakeup) else {
                Issue.record("no frame \(index)")
                return
            }
            let timestamp = (UInt32.max - 10_000) &+ UInt32(index) &* 3000
            let payload = frame.payloads[0]
            let pictureID = Int(payload[2] & 0x7F) << 8 | Int(payload[3])
            isRight =
                isRight && frame.timestamp.rawValue == timestamp && frame.marksEnd
                && frame.isKeyframe == (index % 30 == 0)
                && pictureID == (0x7FF0 + index) % 0x8000
        }
        #expect(isRight)
        // 30 frames a second for an hour, to the nanosecond.
        #expect(player.wakeup == start + .seconds(3600))
    }

    @Test("after a long pause it goes on in time, with a keyframe")
    func lateness() throws {
        let clip = try Clip.made(.h264, count: 300, period: 30, ticks: 3000)
        var player = ClipPlayer(clip, startingAt: start)
        _ = player.frames(at: start)
        let now = start + .milliseconds(7_345)
        let frames = player.frames(at: now)
        #expect(frames.map(\.isKeyframe) == [true])
        let due = try #require(frames.first).due
        #expect(due <= now && now < due + clip.frameDuration + .nanoseconds(2))
    }

    @Test("a keyframe that is asked for is the next frame")
    func keyframe() throws {
        let clip = try Clip.made(.vp8, count: 90, period: 30, ticks: 3000)
        var player = ClipPlayer(clip, startingAt: start)
        for _ in 0..<65 { _ = player.next(at: player.wakeup) }
        player.restartAtKeyframe()
        let next = player.frames(at: player.wakeup)
        #expect(next.map(\.isKeyframe) == [true])
        #expect(next.map(\.timestamp) == [RTPTimestamp(65 * 3000)])
        #expect(player.frames(at: player.wakeup).map(\.isKeyframe) == [false])
    }

    @Test("the RTP time of a moment agrees with the frames' timestamps")
    func clock() throws {
        var player = ClipPlayer(
            try .made(.vp8, count: 5, ticks: 3000), startingAt: start,
            timestamp: RTPTimestamp(70_000))
        #expect(player.timestamp(at: start) == RTPTimestamp(70_000))
        #expect(player.timestamp(at: start + .seconds(2)) == RTPTimestamp(250_000))
        #expect(player.timestamp(at: start - .seconds(1)) == RTPTimestamp(70_000 &- 90_000))
        for _ in 0..<1000 {
            for frame in player.frames(at: player.wakeup) {
                let distance = player.timestamp(at: frame.due).distance(from: frame.timestamp)
                #expect((-1...1).contains(distance))
            }
        }
    }
}

extension ClipPlayer {
    /// All that is due.
    fileprivate mutating func frames(at now: Instant) -> [PlayedFrame] {
        var frames: [PlayedFrame] = []
        while let frame = next(at: now) { frames.append(frame) }
        return frames
    }
}
