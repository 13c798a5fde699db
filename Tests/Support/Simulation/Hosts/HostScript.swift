package import Links
package import Primitives
package import RTP

/// What a scripted host sends.
package struct HostScript: Sendable {
    package struct Layer: Hashable, Sendable {
        package var rid: String
        package var width: Int
        package var height: Int
        package var rate: DataRate
        package var framesPerSecond: Int

        package init(
            _ rid: String, _ width: Int, _ height: Int, _ rate: DataRate,
            framesPerSecond: Int = 30
        ) {
            self.rid = rid
            self.width = width
            self.height = height
            self.rate = rate
            self.framesPerSecond = framesPerSecond
        }
    }

    /// Lowest first. A single one without a name is no simulcast.
    package var layers: [Layer]
    /// How far keyframes are apart; `nil`: they come when asked for.
    package var keyframeInterval: Duration?
    /// How many times the size of another frame a keyframe has.
    package var keyframeFactor: ClosedRange<Double> = 4...8
    /// By what share of it a frame's size varies.
    package var noise = 0.25
    /// VP8, VP9, AV1 with dependency descriptors, or H.264 of 320 x 180, 642 x 362 and 1280 x 720.
    package var codec = Codec.vp8
    /// 1, or 3 for L1T3 of VP8 and AV1.
    package var temporalLayers = 1
    /// From a request to the keyframe's first packet, besides the wait for the next frame.
    package var encodeDelay = Duration.milliseconds(20)
    /// What its congestion controller takes its network to carry, over time; `nil`: enough.
    package var budget: RateSchedule?
    package var hasSound = false
    package var usesRTX = true
    /// Whether it does what it is told on its events socket of which layers are wanted.
    package var obeys = false
    /// How long what it is told there takes.
    package var toldDelay = Duration.milliseconds(10)

    package init(layers: [Layer], keyframeInterval: Duration? = nil) {
        self.layers = layers
        self.keyframeInterval = keyframeInterval
    }

    /// One picture of 720 lines without simulcast.
    package static func single(
        _ rate: DataRate, keyframeInterval: Duration? = .seconds(2)
    ) -> HostScript {
        HostScript(layers: [Layer("", 1280, 720, rate)], keyframeInterval: keyframeInterval)
    }

    /// A browser's camera with three layers, whose keyframes come when asked for.
    package static let simulcast = HostScript(layers: [
        Layer("q", 320, 180, .kilobitsPerSecond(150)),
        Layer("h", 640, 360, .kilobitsPerSecond(500)),
        Layer("f", 1280, 720, .kilobitsPerSecond(1_500)),
    ])

    /// The same in H.264.
    package static let simulcastH264 = {
        var script = simulcast
        script.codec = .h264
        script.layers[1].width = 642
        script.layers[1].height = 362
        return script
    }()

    /// The same in VP9, one stream a layer.
    package static let simulcastVP9 = {
        var script = simulcast
        script.codec = .vp9
        return script
    }()

    /// The same in AV1, one stream a layer.
    package static let simulcastAV1 = {
        var script = simulcast
        script.codec = .av1
        return script
    }()

    /// The layers that are sent at a budget, as libwebrtc's allocator has it: lowest first, each as long as
    /// there is enough for most of it.
    func activeLayers(at now: Instant) -> Int {
        guard let budget else { return layers.count }
        var left = budget.rate(at: now).bitsPerSecond
        var count = 0
        for layer in layers {
            guard left >= layer.rate.bitsPerSecond * 6 / 10 || count == 0 else { break }
            left -= layer.rate.bitsPerSecond
            count += 1
        }
        return count
    }
}
