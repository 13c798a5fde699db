package import Primitives
package import RTP

/// What is to be sent for one frame: a packet for each payload, all with the one timestamp.
package struct PlayedFrame: Hashable, Sendable {
    package var payloads: [[UInt8]]
    package var timestamp: RTPTimestamp
    /// Whether the last packet carries the marker: at the end of each picture, never for sound
    /// (RFC 7587 §4.1 marks talkspurts, and a loop is one).
    package var marksEnd: Bool
    package var isKeyframe: Bool
    /// When the frame was due.
    package var due: Instant
}

/// Plays a clip for ever: says what is to be sent when. Timestamps and picture ids go on over the
/// seam, so that a receiver sees one endless stream.
package struct ClipPlayer: Sendable {
    package let clip: Clip
    private var packetizer: Packetizer
    private let start: Instant
    private let firstTimestamp: RTPTimestamp
    /// How many frame times have passed, played or skipped.
    private var index: Int64 = 0
    /// The next frame's place in the clip.
    private var position = 0

    /// - Parameters:
    ///   - start: when the first frame is due.
    ///   - timestamp: of the first frame.
    ///   - payloadSize: the most bytes of one payload (see ``Packetizer``).
    package init(
        _ clip: Clip, startingAt start: Instant, timestamp: RTPTimestamp = RTPTimestamp(0),
        pictureID: UInt16 = 0, payloadSize: Int = Limits.maximumPayload
    ) {
        self.clip = clip
        self.start = start
        firstTimestamp = timestamp
        packetizer = Packetizer(
            codec: clip.codec, pictureID: pictureID, payloadSize: payloadSize)
    }

    /// When the next frame is due.
    package var wakeup: Instant { start + clip.duration(ofFrames: index) }

    /// The RTP time of any moment: for sender reports.
    package func timestamp(at now: Instant) -> RTPTimestamp {
        let passed = start.duration(to: now).nanoseconds
        let rate = Int64(clip.codec.clockRate)
        let (seconds, rest) = passed.quotientAndRemainder(dividingBy: 1_000_000_000)
        return firstTimestamp.advanced(by: seconds &* rate + rest * rate / 1_000_000_000)
    }

    /// The frame that is due; `nil` when none is. Call again until it returns `nil`.
    ///
    /// After a pause of more than ``Limits/maximumLateness`` the frames that were missed are
    /// skipped, up to a keyframe.
    package mutating func next(at now: Instant) -> PlayedFrame? {
        guard wakeup <= now else { return nil }
        if wakeup.duration(to: now) > Limits.maximumLateness { skip(to: now) }
        let frame = clip.frames[position]
        let played = PlayedFrame(
            payloads: packetizer.payloads(of: frame),
            timestamp: firstTimestamp.advanced(by: index &* clip.frameTicks),
            marksEnd: clip.codec.isVideo, isKeyframe: frame.isKeyframe, due: wakeup)
        index += 1
        position = (position + 1) % clip.frames.count
        return played
    }

    /// Goes on with the clip's next keyframe, at the next frame's time: what a receiver that asks
    /// for one (PLI) waits for. The picture jumps.
    package mutating func restartAtKeyframe() {
        // The first frame is a keyframe, so that the search always ends.
        while !clip.frames[position].isKeyframe { position = (position + 1) % clip.frames.count }
    }

    /// Leaves out the frames whose time is over.
    private mutating func skip(to now: Instant) {
        let late = wakeup.duration(to: now).nanoseconds
        let missed = late / max(1, clip.frameDuration.nanoseconds)
        index += missed
        position = Int((Int64(position) + missed) % Int64(clip.frames.count))
        restartAtKeyframe()
    }
}
