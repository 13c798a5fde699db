package import Primitives

/// The bounds of this module, each with its reason.
package enum Limits {
    /// Workers of one port: as many as the first letter of a ufrag tells apart.
    package static let workers = 64
    /// Bytes that a worker has for the others at the end of a turn: a turn takes 512 datagrams in.
    package static let outboxBytes = 1024 * 1024
    /// How often a layer may begin anew under another SSRC.
    package static let rebindInterval = Duration.milliseconds(500)
    /// Bytes that wait between two workers. Two thousand packets: 100 ms of a dozen hosts' pictures.
    package static let ringBytes = 2 * 1024 * 1024
    /// Packets of pictures that go at once to a viewer who does not say what arrives, of a rate that makes
    /// that take 40 ms at most: a usual frame, as one message.
    package static let blindBurst = 10
    package static let longestBlindBurst = Duration.milliseconds(40)
    /// How much faster than what is sent such a viewer is paced, and each of its pictures at the least. A queue of
    /// 30 packets on a link of 1.5 times that rate drops less than 0.01 % then, and 0.017 % at twice it.
    package static let blindPace = 1.85
    package static let leastBlindPace = DataRate.kilobitsPerSecond(2_800)
    /// What a viewer's network is taken to carry before anything is known of it: a picture of 360 lines
    /// and one of 720 at the least.
    package static let firstEstimate = DataRate.kilobitsPerSecond(1_500)
    /// The least that is believed: sound, and a small picture now and then.
    package static let leastEstimate = DataRate.kilobitsPerSecond(100)
    /// How long a viewer is without pictures, because its network carries none, until one is tried: where
    /// nothing is sent, nothing is measured.
    package static let starvation = Duration.seconds(5)
    /// And how long that lasts while no queue fills: until loss that has passed weighs little. With a quarter of a
    /// second, one of 200 viewers with 10 % of loss both ways never got a picture again.
    package static let trial = Duration.seconds(3)
    /// The most: twelve pictures of 2.5 Mbit/s.
    package static let largestEstimate = DataRate.kilobitsPerSecond(30_000)
    /// Packets that wait so long on their way to a viewer stand in a queue that a frame of its own does not
    /// make: then a layer that is too much ends at once.
    package static let standingQueue = Duration.milliseconds(60)
    /// How much faster than what was set aside for a viewer it is paced at the least: a keyframe makes the
    /// frames after it wait, and they catch up.
    package static let leastPace = 1.75
    /// How fast a viewer is sent what it begins with, as long as its network has shown no limit: a keyframe
    /// of 50 kB within 65 ms.
    package static let joinPace = DataRate.kilobitsPerSecond(5_200)
    /// And pictures later: a keyframe with which it gets another layer within 100 ms.
    package static let keyframePace = DataRate.kilobitsPerSecond(3_750)
    /// What may be left of a layer to send when the next one begins, at the pacer's rate: a large frame's second
    /// half. It goes at once; more would fill a queue on the way with what is about to be replaced.
    package static let longestRest = Duration.milliseconds(50)
    /// Pictures of a viewer from which on it begins with care, without that pace: their keyframes come at
    /// once, and everybody's sound would wait behind them on a slow line.
    package static let crowd = 4
    /// What sound is taken for before a second of it has come: Opus as browsers send it, with its headers.
    package static let assumedSound = DataRate.kilobitsPerSecond(40)
    /// How fast the pictures of such a viewer are sent until it tells what arrives: with the sound of a dozen
    /// (440 kbit/s) as much as a line of 1.2 Mbit/s carries.
    package static let carefulPace = DataRate.kilobitsPerSecond(750)
    /// How long a viewer who waits for its pace waits at the least.
    package static let leastPause = Duration.microseconds(250)
    /// How old a packet is that probes repeat: a queue that was full then may have room again. And how many of
    /// the newest: what is older comes too late.
    package static let repetitionDelay = Duration.milliseconds(60)
    package static let repeatedPackets: Int64 = 40
    /// How long a network is taken to lose packets after the last that was asked for while nothing waited. With
    /// 2 % of loss, it loses one of a picture of one packet a frame within that, but for two times of a thousand.
    package static let lossMemory = Duration.seconds(10)
    /// How many packets of the end of a layer go twice then: the last frame at 1.5 Mbit/s.
    package static let repeatedClosing = 8
    /// And of the frame that a picture begins with, three times: 40 ms of ``keyframePace``.
    package static let repeatedOpening = 16
    /// How many of them go at once, and how long the next wait.
    package static let copiesAtOnce = 8
    package static let copyPause = Duration.milliseconds(5)
    /// How often an estimator looks at the time.
    package static let estimateInterval = Duration.milliseconds(25)
    /// Datagrams sent to viewers before the socket is looked at again: 2 ms of sending, so that nothing
    /// that comes waits longer for a crowd that watches something else.
    package static let sentDatagrams = 1024
    /// DTLS datagrams that wait for their turn: a thousand clients that come at once, each with a
    /// flight of three. What is beyond is lost, and comes again (RFC 6347 §4.2.4).
    package static let waitingHandshakes = 4096
    /// Of one peer: two flights.
    package static let waitingHandshakesPerPeer = 8
    /// Records taken from each other worker before timers and commands get their turn.
    package static let handedRecords = 512
    /// Peers of one worker: two stages of 10,000 viewers, and their hosts.
    package static let peers = 20_480
    /// Pictures of viewers that one worker protects with repair packets at a time: 6 kB each. Others are
    /// not, until there is a place.
    package static let protectedPictures = 1024
    /// Streams that arrive at one worker: 256 publishers with three layers and sound.
    package static let streams = 1024
    /// Commands that wait for a worker. Each is an HTTP request that waits as well.
    package static let mailbox = 4096
    /// Batches of reports that wait for the control plane. At four batches a second and worker this
    /// is an hour; a control plane that is so far behind has died.
    package static let reportBatches = 16_384
    /// ICE user names under which one peer is found: a client that restarts over and over is still
    /// found by its address.
    package static let ufragsPerPeer = 4
    /// Addresses under which one peer is found: a browser checks from a few.
    package static let addressesPerPeer = 8
    /// Batches of datagrams taken from the socket before timers and commands get their turn.
    package static let receiveRounds = 8
    /// How often a publisher's timers are looked at: feedback, reports, layers.
    package static let publisherTick = Duration.milliseconds(50)
    /// How often at most a publisher is looked at in between, to be asked for what is missing.
    package static let repairInterval = Duration.milliseconds(5)
    /// How often a viewer's are: layers, expiry.
    package static let viewerTick = Duration.milliseconds(250)
    /// How often a viewer gets sender reports.
    package static let senderReportInterval = Duration.seconds(1)
    /// Viewers whose layers are chosen in one millisecond when something changes for all of a stage: 5 us
    /// each with a dozen publishers.
    package static let allocationsAtOnce = 32
    /// How often a peer is looked at until it is connected: DTLS retransmissions.
    package static let connectingTick = Duration.milliseconds(50)
    /// How often a host gets receiver reports (RFC 3550 §6.2 asks for 5 s at most; browsers steer by
    /// these, so more often is better).
    package static let receiverReportInterval = Duration.seconds(1)
    /// How often a host gets transport-wide feedback: libwebrtc's own default is 100 ms, and a
    /// faster loop reacts faster.
    package static let transportFeedbackInterval = Duration.milliseconds(50)
    /// How often what a publisher's layers take is looked at, besides when one appears.
    package static let layerInterval = Duration.milliseconds(500)
    /// How often layers and latency are reported to the control plane.
    package static let reportInterval = Duration.seconds(2)
    /// How often it is told at most who speaks on a stage: ten thousand viewers hear of it each time.
    package static let speakerInterval = Duration.milliseconds(300)
    /// How long a subscription to one publisher outlives it: a host that reloads its page is back.
    package static let publisherAbsence = Duration.seconds(10)
    /// How often the metrics snapshot is renewed.
    package static let metricsInterval = Duration.milliseconds(500)
}
