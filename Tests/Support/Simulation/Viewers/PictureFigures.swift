package import Primitives

/// What a viewer saw of one track.
package struct PictureFigures: Sendable {
    /// A frame that was decoded.
    package struct Frame: Hashable, Sendable {
        package var host: UInt8
        package var layer: UInt8
        package var number: UInt32
        package var isKeyframe: Bool
        package var captured: Instant
        package var sent: Instant
        package var decoded: Instant
        package var shown: Instant

        /// Behind the moment at which the host sent its last packet.
        package var delay: Duration { decoded - sent }
    }

    package internal(set) var frames: [Frame] = []
    package internal(set) var freezes = FreezeMeter()
    /// Deltas that came whole, with nothing missing before them, whose reference was not forwarded.
    package internal(set) var orphans = 0
    /// Frames whose numbers went on to another frame before their last packet.
    package internal(set) var cut = 0
    /// Frames that were given up because later ones could be decoded.
    package internal(set) var skipped = 0
    /// What is wrong with the first of these.
    package internal(set) var fault: String?
    package internal(set) var keyframesAsked = 0
    package internal(set) var packetsAsked = 0
    package internal(set) var packets = 0
    package internal(set) var retransmissions = 0
    /// Bytes of RTP packets by layer.
    package internal(set) var bytes: [UInt8: Int] = [:]

    /// Where the picture changed to another layer.
    package var switches: [Instant] {
        zip(frames, frames.dropFirst())
            .filter { $0.host == $1.host && $0.layer != $1.layer }.map(\.1.decoded)
    }

    /// The share of a time that was frozen.
    package func frozenShare(of time: Duration) -> Double { freezes.frozen / time }
}

/// What a viewer heard of one track.
package struct SoundFigures: Sendable {
    package internal(set) var numbers: Set<UInt32> = []
    package internal(set) var longestDelay = Duration.zero
    package internal(set) var longestGap = Duration.zero
    var last: Instant?
}
