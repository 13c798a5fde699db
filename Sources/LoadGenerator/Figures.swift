package import Primitives
package import Telemetry

/// What the clients have counted since the thread began, or since the counting was begun anew.
package struct Figures: Sendable {
    /// RTP packets that viewers took, those that came twice included.
    package var packets: UInt64 = 0
    /// Their UDP payload.
    package var bytes: UInt64 = 0
    /// Packets that were found missing, whether they came later or not.
    package var missing: UInt64 = 0
    /// Of them, those that came after all.
    package var repaired: UInt64 = 0
    package var duplicates: UInt64 = 0
    /// Received packets that were thrown away to feign loss; not in ``packets``.
    package var dropped: UInt64 = 0
    /// Packets that viewers asked for again: each as often as it was asked for.
    package var nacks: UInt64 = 0
    package var keyframeRequests: UInt64 = 0
    /// Packets whose payload was decrypted.
    package var opened: UInt64 = 0
    /// Packets that could not be decrypted.
    package var unauthentic: UInt64 = 0
    /// RTP packets that publishers sent, without repetitions.
    package var published: UInt64 = 0
    package var publishedBytes: UInt64 = 0
    /// Packets that publishers sent again.
    package var republished: UInt64 = 0
    /// From a packet's stamp to its arrival in the kernel, of those that were decrypted and did not
    /// have to be repaired.
    package var latency = LatencyHistogram()
    /// Picture streams in which a viewer has found a keyframe.
    package var playing: UInt64 = 0
    /// Packets and bytes that viewers took since the thread began.
    package var packetsEver: UInt64 = 0
    package var bytesEver: UInt64 = 0
    /// CPU time of the thread, in nanoseconds.
    package var cpuNanoseconds: UInt64 = 0
    /// When these figures were read.
    package var takenAt = Instant.zero

    package init() {}

    /// Begins to count from zero, but for what is a state or counts for ever.
    mutating func countAnew() {
        let before = self
        self = Figures()
        playing = before.playing
        packetsEver = before.packetsEver
        bytesEver = before.bytesEver
    }

    /// Packets that are missing still.
    package var lost: UInt64 { missing - min(missing, repaired) }
}
