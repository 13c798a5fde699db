package import RTP

/// Encoded media in memory that can be played again and again: what a synthetic host publishes.
package struct Clip: Hashable, Sendable {
    /// One encoded picture (an H.264 access unit in Annex B form, a VP8 frame) or Opus packet.
    package struct Frame: Hashable, Sendable {
        package var bytes: [UInt8]
        /// Whether a decoder can start here. Always true for sound.
        package var isKeyframe: Bool

        package init(bytes: [UInt8], isKeyframe: Bool) {
            self.bytes = bytes
            self.isKeyframe = isKeyframe
        }
    }

    package let codec: Codec
    /// In decoding order; the first is a keyframe.
    package let frames: [Frame]
    /// How long each frame is shown, in units of the codec's clock rate.
    package let frameTicks: Int64

    /// Frames before the first keyframe are left out.
    /// - Parameter frameTicks: more than 0.
    package init(codec: Codec, frames: [Frame], frameTicks: Int64) throws(ClipViolation) {
        precondition(frameTicks > 0)
        guard frames.count <= Limits.maximumFrames else { throw .tooLarge }
        guard let first = frames.firstIndex(where: \.isKeyframe) else { throw .empty }
        self.codec = codec
        self.frames = Array(frames[first...])
        self.frameTicks = frameTicks
    }

    /// How long each frame is shown, to the nanosecond below.
    package var frameDuration: Duration { duration(ofFrames: 1) }

    /// The time from one frame to the one `count` later, without adding up rounding errors. Far
    /// beyond any show's length it saturates.
    package func duration(ofFrames count: Int64) -> Duration {
        let ticks = count.multipliedReportingOverflow(by: frameTicks)
        guard !ticks.overflow else { return .nanoseconds(Int64.max) }
        let rate = Int64(codec.clockRate)
        let (seconds, rest) = ticks.partialValue.quotientAndRemainder(dividingBy: rate)
        return .seconds(seconds) + .nanoseconds(rest * 1_000_000_000 / rate)
    }

    /// The time of one round.
    package var duration: Duration { duration(ofFrames: Int64(frames.count)) }
}
