/// The bounds of this module, each with its reason.
package enum Limits {
    /// The largest RTP payload: with the header, SRTP's tag, UDP and IP it stays below the 1,200
    /// bytes that pass everywhere.
    package static let maximumPayload = 1150
    /// Frames of one clip: ten minutes of Opus in 20 ms packets.
    package static let maximumFrames = 30_000
    /// Bytes of one clip file: ten minutes of video at 1.4 Mbit/s.
    package static let maximumClipBytes = 100 * 1024 * 1024
    /// A player that was not asked for longer than this goes on from where it would be now, instead
    /// of sending everything it missed at once.
    package static let maximumLateness: Duration = .milliseconds(500)
}
