import LoadGenerator
import Primitives
import RTP
import SyntheticMedia
import Testing

@Suite struct PlainClipsTests {
    /// The first frames of a clip that is played.
    private func frames(
        _ count: Int, of clip: Clip, payloadSize: Int = 1150
    ) -> [PlayedFrame] {
        var player = ClipPlayer(clip, startingAt: .zero, payloadSize: payloadSize)
        return (0..<count).compactMap { _ in player.next(at: .zero + .milliseconds(100)) }
    }

    private func clip(_ codec: Codec, bitrate: Int = 1_000_000) -> Clip {
        PlainClips.video(.init(codec: codec, bitrate: bitrate, frameRate: 30))
    }

    private func startsKeyframe(_ codec: Codec, _ payload: [UInt8]) -> Bool {
        Keyframe.startsKeyframe(codec, payload: payload.rawSpan)
    }

    private func width(_ codec: Codec, _ payload: [UInt8]) -> Int? {
        Keyframe.resolution(codec, payload: payload.rawSpan)?.width
    }

    @Test(arguments: [Codec.h264, .vp8])
    func theFirstPictureIsAKeyframeAndTheSecondIsNot(codec: Codec) {
        let frames = frames(2, of: clip(codec))
        #expect(frames.map(\.isKeyframe) == [true, false])
        #expect(startsKeyframe(codec, frames[0].payloads[0]))
        #expect(width(codec, frames[0].payloads[0]) == 1280)
        #expect(!frames[1].payloads.contains { startsKeyframe(codec, $0) })
    }

    @Test(arguments: [Codec.h264, .vp8], [100_000, 1_500_000])
    func theBitrateIsTheWantedOne(codec: Codec, bitrate: Int) {
        let clip = clip(codec, bitrate: bitrate)
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
    func payloadsAreAsSmallAsWanted(codec: Codec) {
        let payloads = frames(1, of: clip(codec), payloadSize: 500)[0].payloads
        #expect(payloads.count > 10)
        #expect(payloads.map(\.count).max() == 500)
    }

    @Test(arguments: [Codec.h264, .vp8])
    func layersDifferInSizeAndRate(codec: Codec) {
        let shape = PlainClips.Video(codec: codec, bitrate: 2_000_000, frameRate: 30)
        let layers = PlainClips.layers(3, of: shape)
        let widths = layers.map { width(codec, frames(1, of: $0)[0].payloads[0]) }
        #expect(widths == [320, 640, 1280])
        let sizes = layers.map { clip in clip.frames.reduce(0) { $0 + $1.bytes.count } }
        #expect(sizes[0] * 2 < sizes[1] && sizes[1] * 2 < sizes[2])
    }
}
