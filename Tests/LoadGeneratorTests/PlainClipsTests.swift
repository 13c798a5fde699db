import LoadGenerator
import Primitives
import RTP
import SyntheticMedia
import Testing

@Suite struct PlainClipsTests {
    private func player(_ codec: Codec, bitrate: Int = 1_000_000) -> ClipPlayer {
        ClipPlayer(
            PlainClips.video(.init(codec: codec, bitrate: bitrate, frameRate: 30)),
            startingAt: .zero)
    }

    @Test(arguments: [Codec.h264, .vp8])
    func theFirstPictureIsAKeyframeAndTheSecondIsNot(codec: Codec) throws {
        var player = player(codec)
        let later = Instant.zero + .milliseconds(100)
        let first = try #require(player.next(at: later))
        let second = try #require(player.next(at: later))
        #expect(first.isKeyframe && !second.isKeyframe)
        #expect(Keyframe.startsKeyframe(codec, payload: first.payloads[0].rawSpan))
        for payload in second.payloads {
            #expect(!Keyframe.startsKeyframe(codec, payload: payload.rawSpan))
        }
        let size = Keyframe.resolution(codec, payload: first.payloads[0].rawSpan)
        #expect(size?.width == 1280 && size?.height == 720)
    }

    @Test(arguments: [Codec.h264, .vp8], [100_000, 1_500_000])
    func theBitrateIsTheWantedOne(codec: Codec, bitrate: Int) {
        let clip = PlainClips.video(.init(codec: codec, bitrate: bitrate, frameRate: 30))
        let bits = clip.frames.reduce(0) { $0 + $1.bytes.count * 8 }
        let rate = Double(bits) / clip.duration.seconds
        #expect(abs(rate / Double(bitrate) - 1) < 0.05)
    }

    @Test func soundIsAPacketEach20Milliseconds() {
        let clip = PlainClips.audio(bitrate: 32_000)
        #expect(clip.frameDuration == .milliseconds(20))
        #expect(clip.frames.map(\.bytes.count) == [80])
    }

    @Test(arguments: [Codec.h264, .vp8])
    func payloadsAreAsSmallAsWanted(codec: Codec) throws {
        var player = ClipPlayer(
            PlainClips.video(.init(codec: codec, bitrate: 1_000_000, frameRate: 30)),
            startingAt: .zero, payloadSize: 500)
        let frame = try #require(player.next(at: .zero))
        #expect(frame.payloads.allSatisfy { $0.count <= 500 })
        #expect(frame.payloads.count > 10)
    }
}
