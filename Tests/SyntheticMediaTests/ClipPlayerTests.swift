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
        #expect(player.next(at: start - .nanoseconds(1)) == nil)
        let first = try #require(player.next(at: start))
        #expect(first.timestamp == RTPTimestamp(1000))
        #expect(!first.marksEnd && first.due == start)
        #expect(player.next(at: start) == nil)
        #expect(player.wakeup == start + .milliseconds(20))
        // A little late: nothing is skipped, and two frames come at once.
        let late = start + .milliseconds(45)
        #expect(player.next(at: late)?.timestamp == RTPTimestamp(1960))
        #expect(player.next(at: late)?.timestamp == RTPTimestamp(2920))
        #expect(player.next(at: late) == nil)
    }

    @Test("an hour of loops: timestamps, times and picture ids go on over every seam")
    func looping() throws {
        let clip = try Clip.made(.vp8, count: 300, period: 30, ticks: 3000)
        var player = ClipPlayer(
            clip, startingAt: start, timestamp: RTPTimestamp(.max - 10_000), pictureID: 0x7FF0)
        for index in 0..<30 * 3600 {
            #expect(player.wakeup == start + clip.duration(ofFrames: Int64(index)))
            let frame = try #require(player.next(at: player.wakeup))
            #expect(
                frame.timestamp.rawValue == (UInt32.max - 10_000) &+ UInt32(index) &* 3000)
            #expect(frame.isKeyframe == (index % 30 == 0))
            let payload = frame.payloads[0]
            let pictureID = Int(payload[2] & 0x7F) << 8 | Int(payload[3])
            #expect(pictureID == (0x7FF0 + index) % 0x8000)
        }
        // 30 frames a second for an hour, to the nanosecond.
        #expect(player.wakeup == start + .seconds(3600))
    }

    @Test("after a long pause it goes on in time, with a keyframe")
    func lateness() throws {
        let clip = try Clip.made(.h264, count: 300, period: 30, ticks: 3000)
        var player = ClipPlayer(clip, startingAt: start)
        _ = player.next(at: start)
        let now = start + .milliseconds(7_345)
        let frame = try #require(player.next(at: now))
        #expect(frame.isKeyframe)
        #expect(frame.due <= now && now < frame.due + clip.frameDuration + .nanoseconds(2))
        #expect(player.next(at: now) == nil)
        // Even when the clock jumps to its end.
        #expect(player.next(at: .distantFuture) != nil)
    }

    @Test("a keyframe that is asked for is the next frame")
    func keyframe() throws {
        let clip = try Clip.made(.vp8, count: 90, period: 30, ticks: 3000)
        var player = ClipPlayer(clip, startingAt: start)
        for _ in 0..<65 { _ = player.next(at: player.wakeup) }
        player.restartAtKeyframe()
        let frame = try #require(player.next(at: player.wakeup))
        #expect(frame.isKeyframe && frame.timestamp == RTPTimestamp(65 * 3000))
        #expect(player.next(at: player.wakeup)?.isKeyframe == false)
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
            let frame = try #require(player.next(at: player.wakeup))
            let distance = player.timestamp(at: frame.due).distance(from: frame.timestamp)
            #expect((-1...1).contains(distance))
        }
    }
}
