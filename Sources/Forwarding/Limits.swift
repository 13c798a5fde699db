internal import Primitives

/// The bounds of this module, each with its reason.
package enum Limits {
    /// Video packets kept for retransmission, per layer: 2 s at 500 packets a second. A power of two.
    package static let videoHistory = 1024
    /// Audio packets kept: 5 s at 50 a second. A power of two.
    package static let audioHistory = 256
    /// Bytes of one kept packet: payload and the header extensions that are passed on.
    package static let packetBytes = 1536
    /// Missing packets watched per stream. A larger hole is not repaired: a keyframe is asked for.
    package static let missingPackets = 512
    /// How often one packet is asked for.
    package static let nackAttempts = 10
    /// How long a packet may be late before it is asked for: reordering is not loss.
    package static let reorderingTolerance = Duration.milliseconds(10)
    /// The least time between two requests for the same packet, whatever the round trip.
    package static let nackInterval = Duration.milliseconds(40)
    /// Age at which a missing packet is given up: no viewer's jitter buffer waits longer.
    package static let nackLifetime = Duration.seconds(1)
    /// The least time between two keyframe requests for one layer: a keyframe costs the host's
    /// uplink a burst and every viewer of the layer the same.
    package static let keyframeInterval = Duration.milliseconds(500)
    /// Sources that an outgoing track remembers, to answer a NACK for what was sent before a switch.
    package static let rememberedSources = 4
    /// Retransmissions remembered per outgoing track, so that one packet is not repeated at once.
    package static let rememberedResends = 64
    /// The least time between two retransmissions of one packet to one viewer.
    package static let resendInterval = Duration.milliseconds(20)
    /// A sender report whose time is further from its arrival tells of a clock that was set.
    package static let clockTolerance = Duration.seconds(10)
    /// A layer that brought nothing for so long has stopped.
    package static let layerSilence = Duration.milliseconds(1500)
}
