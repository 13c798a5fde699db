internal import Primitives

/// The bounds of this module, each with its reason.
package enum Limits {
    /// Video packets kept for retransmission, per layer: 2 s at 500 packets a second. A power of two.
    package static let videoHistory = 1024
    /// Audio packets kept: 5 s at 50 a second. A power of two.
    package static let audioHistory = 256
    /// Bytes of one kept packet: payload and the header extensions that are passed on.
    package static let packetBytes = 1536
    /// Padding that makes packets of a picture equal, so that they leave as one message: libwebrtc cuts a
    /// frame into pieces that differ by a byte, and gives the first or last one an extension or two.
    package static let framePadding = 32
    /// That makes packets of sound equal which go to the same listeners at the same time: less than a
    /// message of its own would take in headers (42 bytes of Ethernet, IPv4 and UDP) and in time.
    package static let soundPadding = 40
    /// How long sound waits for that of other speakers, for each of its listeners: so that sending sound
    /// takes a fifth of a worker's time, with messages of 5 us, however many speak.
    package static let soundWaitPerListener = Duration.microseconds(25)
    /// How long at most: less than half of what a packet of sound lasts.
    package static let longestSoundWait = Duration.milliseconds(8)
    /// How old a keyframe may be that a viewer who comes begins with: what followed it is sent as fast as
    /// the pace allows, and the picture runs until it is where the others are.
    package static let joinAge = Duration.milliseconds(2500)
    /// Bytes from that keyframe on: 2.5 s of 3 Mbit/s.
    package static let joinBytes = 1_000_000
    /// How long a viewer may take to catch up; then a keyframe is asked for, and the rest let go.
    package static let joinPatience = Duration.seconds(4)
    /// Frames of which a viewer that catches up remembers the timestamps: 2.5 s of 60 a second.
    static let replayedFrames = 160
    /// How much later than it was taken a frame may come to be no longer late: a frame's time of 60 a
    /// second.
    static func replayTolerance(_ clockRate: Int64) -> Int64 { clockRate / 60 }
    /// How long what was replayed can be asked for again, from when the viewer has caught up.
    package static let replayMemory = Duration.seconds(1)
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
    /// How often a layer that brings nothing is asked for a keyframe: five seconds in all. Then
    /// its host has stopped it, and asking is of no use until it comes back.
    package static let keyframeAttempts = 10
    /// Packets that one track sends again at once, and places in its memory of them: 290 ms of the
    /// 8.5 Mbit/s that a publisher may have. Each packet that is forwarded earns one more, up to as
    /// many again, so that NACKs at most double what a viewer costs however many it sends, beyond
    /// these. A power of two.
    package static let resendBurst = 256
    /// The least time between two retransmissions of one packet to one viewer.
    package static let resendInterval = Duration.milliseconds(20)
    /// How much later what was sent again goes once more: later than a burst of losses lasts, about three
    /// packets of a picture, and early enough for a jitter buffer.
    package static let copyDelay = Duration.milliseconds(10)
    /// Packets that wait for that: all that a viewer gets within 10 ms, and more.
    package static let waitingCopies = 64
    /// The longest round trip that is believed, in 1/65536 s: ten seconds. What is longer is a lie
    /// or a clock that was set.
    package static let largestRoundTrip: Int32 = 10 * 65_536
    /// How far below zero a round trip may come out, in 1/65536 s: 10 ms.
    package static let roundTripTolerance: Int32 = 655
    /// A peer of which nothing is heard for so long is not reached. Its consent checks are 4 to 6 s
    /// apart (RFC 7675 §5.1).
    package static let peerSilence = Duration.seconds(8)
    /// A sender report whose time is further from its arrival tells of a clock that was set.
    package static let clockTolerance = Duration.seconds(10)
    /// A layer that brought nothing for so long has stopped.
    package static let layerSilence = Duration.milliseconds(1500)
    /// Bytes of padding in a packet of nothing else: as many as its last byte can say (RFC 3550 §5.1).
    package static let paddingBytes = 255
    /// Bytes that it has on the wire: a header with a transport-wide number, and a tag.
    package static let paddingSize = paddingBytes + 20 + 16 + 28
    /// Bytes that an empty packet has on the wire: a header with a transport-wide number, one byte of
    /// padding, and a tag.
    package static let blankSize = 1 + 20 + 16 + 28
    /// How often the rate of a layer is looked at, and how much what is new then counts: a host with a
    /// keyframe each 2 s, whose windows of a second swing by two thirds, keeps within a tenth.
    package static let rateInterval = Duration.milliseconds(400)
    package static let risingRateWeight = 0.25
    package static let fallingRateWeight = 0.1
    /// So much later than two frames of a layer that other layers have gone on for: hosts send the layers
    /// of a frame one after the other, and the highest one's keyframe keeps the others for some 50 ms.
    package static let layerTolerance = Duration.milliseconds(70)
    /// Frames a second below which a layer is not missed that soon.
    package static let leastFrameRate = 5.0
    /// Layers of one publisher's picture, as many as an answer grants.
    package static let spatialLayers = 3
    /// Publishers among which a viewer's rate is divided: five times what a stage has. The rest is paused,
    /// so that nobody makes a worker sort for long.
    package static let allocatedPublishers = 64
    /// How many pictures back one may be, by its id, to have come late: ``nackLifetime`` at 120 a second.
    /// One further back is the first of a sender that counts anew.
    package static let latePictures: Int16 = 128
    /// Missing packets that are taken for unwanted at once, when what is on both sides of them says so:
    /// more than the largest frame has, and few enough to go through one by one.
    package static let inferredOmissions = 256
    /// Publishers of a stage among whom the speaker is looked for: as many as a rate is divided among.
    package static let detectedPublishers = 64
    /// Rows of a group of protected packets: as many packets lost in a row can be repaired. More would
    /// need groups that last longer than a repair is of use.
    package static let repairRows = 4
    /// Bytes of a protected packet behind its fixed header. A repair packet, which is 32 bytes longer,
    /// still fits into an Ethernet frame with IPv6 and SRTP.
    package static let protectedBytes = 1380
    /// What a repair packet has on the wire besides its payload: a header with a transport-wide number, a
    /// tag, and the network's headers.
    package static let repairOverhead = 20 + 16 + 28
    /// A group of protected packets ends with the frame in which it becomes so old: a repair packet that
    /// comes later than 150 ms is of no use.
    package static let repairDelay = Duration.milliseconds(90)
    /// How long a layer arrives without anybody who watches it until its host is told to stop it: who turns
    /// pages in a list, or moves a window, is back by then, and each coming back costs a keyframe.
    package static let unwatchedPatience = Duration.seconds(5)
    /// How long a layer that was held may take to come again, until it counts as stopped: a round trip, an
    /// encoder that begins, and a sender that looks first whether its network carries it.
    package static let resumePatience = Duration.seconds(4)
    /// How long what was known of a layer before it was held counts after it came back: its measured rate
    /// begins at zero, and a layer must not be taken for cheap for that.
    package static let resumedRateAge = Duration.seconds(2)
}
