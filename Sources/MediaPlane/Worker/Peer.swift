internal import Congestion
internal import DatagramIO
internal import Forwarding
internal import MediaSecurity
internal import Peering
internal import Primitives
internal import RTP
internal import Signalling

/// One peer connection and its side of the forwarding.
struct Peer: ~Copyable {
    let session: MediaSession
    /// None for a mirror.
    var connection: PeerConnection?
    var publisher: Publisher?
    var viewer: Viewer?
    /// The key in the worker's table of ufrags; a restart adds a second.
    var ufragKeys: [UInt64]
    /// Addresses entered for this peer.
    var addresses: [Address] = []
    /// The address of ours that the peer sends to, and takes datagrams from.
    var local = LocalAddress.any
    var wasConnected = false
    /// Its datagrams in the worker's queue of handshakes.
    var waitingHandshakes = 0
    var network: NetworkMeter
    var nextReport: Instant

    /// An address that has authenticated itself, and the worker to whose socket it sends when that
    /// is another one.
    struct Address {
        var address: TransportAddress
        var handedBy: Int?
    }

    init(
        session: MediaSession, connection: consuming PeerConnection?, publisher: Publisher?,
        viewer: Viewer?, ufragKeys: [UInt64], at now: Instant
    ) {
        self.session = session
        self.connection = connection
        self.publisher = publisher
        self.viewer = viewer
        self.ufragKeys = ufragKeys
        network = NetworkMeter(at: now)
        nextReport = now + Limits.reportInterval
    }

    /// Whether it stands for a publisher that another worker has.
    var isMirror: Bool { publisher?.home != nil }

    /// Where to send; `nil` before ICE has found a path.
    @inline(__always)
    var remoteAddress: TransportAddress? {
        mutating get { connection?.path() }
    }

    var isConnected: Bool {
        switch connection {
        case .some(let connection): connection.isConnected
        case .none: false
        }
    }

    func hasExpired(at now: Instant) -> Bool {
        switch connection {
        case .some(let connection): connection.hasExpired(at: now)
        case .none: false
        }
    }

    /// What the handshake wants sent, which is then taken as sent.
    mutating func takeFlight() -> [[UInt8]] {
        guard connection != nil else { return [] }
        defer { connection!.transport.flight.removeAll() }
        return connection!.transport.flight.datagrams
    }
}

/// Whose a stream is: places in the worker's table and in the publisher's, and among the offered rids.
struct StreamOwner: Hashable {
    var publisher = -1
    var track = -1
    var layer = 0
    /// When the stream began.
    var began = Instant.zero
}

/// A host: what it sends, and what it is to be told.
struct Publisher {
    struct Track {
        let offered: PublishedTrack
        /// The streams that have arrived, by their places in the worker's table: one for each layer.
        var streams: [Int] = []
        /// Whether what arrives is passed on.
        var isForwarded = true
        /// Whether it is among those whose sound is passed on, where only so many are.
        var isAmongLoudest = true
        /// Every outgoing track that this track feeds, whichever layer it gets.
        var viewers: [Subscriber] = []
        /// The layers of a picture as viewers may choose them.
        var offer = OfferedLayers()
        /// What sound takes.
        var soundRate = DataRate.zero

        var passedSoundRate: DataRate { isForwarded && isAmongLoudest ? soundRate : .zero }
    }

    /// Which stream an SSRC belongs to.
    struct Binding {
        var ssrc: SSRC
        var track: Int
        /// The place of the stream's rid among the offered ones; 255 for a stream without.
        var layer: Int
        var stream: Int
        var isRetransmission: Bool
    }

    var tracks: [Track]
    var bindings: [Binding] = []
    /// Others of its stage send sound, too, and the most that packets of theirs have lately weighed.
    var soundOfOthers: Int?
    var feedback = TransportFeedbackRecorder()
    var clock = HostClock()
    /// Under which SSRC we send RTCP to this host.
    let reporterSSRC: SSRC
    var hasStarted = false
    var nextReceiverReport: Instant
    var nextFeedback: Instant
    var nextOffer: Instant
    /// The worker looks at it before its next tick, to ask for packets that are missing.
    var awaitsRepair = false
    /// A stream of it found the worker's table full.
    var isRefused = false
    /// Of a mirror: the worker that has the publisher.
    var home: Int?
    /// Of a mirror: home knows that it has viewers.
    var isListening = false
    /// The mirrors that have viewers.
    var listeners: [Listener] = []
    /// The id of the audio level in its packets of sound; 0 for none.
    let levelID: UInt8
    /// At the worker that listens for all: its seat among those who may speak.
    var seat: Conversation.Seat?
    /// At home, when that is another one: where its levels are heard.
    var hearing: Listener?
    /// Its track with a picture.
    let picture: Int?
    /// At home: which layers of the picture are wanted, and the client is told so.
    var demand = LayerDemand()
    var isTold = false
    /// At home: what the viewers of each worker watch.
    var watchedElsewhere: [LayerSet]
    /// At a mirror: what home knows that its viewers watch.
    var toldWatched: LayerSet = []
    /// The layers that the host was told not to send, and those that have lately come again.
    var held: [HeldLayer] = []
    /// Its place among those of its stage who spoke: 0 has the floor; `nil`: it has not.
    var speakerRank: Int?

    /// - Parameter workers: as many as there are.
    init(tracks: [PublishedTrack], reporterSSRC: SSRC, workers: Int, at now: Instant) {
        picture = tracks.firstIndex(where: \.isVideo)
        watchedElsewhere = Array(repeating: [], count: workers)
        self.tracks = tracks.map { Track(offered: $0) }
        self.reporterSSRC = reporterSSRC
        levelID =
            tracks.first { !$0.isVideo }?.extensions.forwarded.audioLevel ?? 0
        nextReceiverReport = now
        nextFeedback = now
        nextOffer = now
    }

    /// The id of the level in packets of a track; 0 for a picture. Mutating, because what is only read
    /// through an optional is copied first.
    @inline(__always)
    mutating func levelID(ofTrack track: Int) -> UInt8 {
        tracks[track].offered.isVideo ? 0 : levelID
    }

    /// How many layers of a track have come. Mutating for the same reason.
    @inline(__always)
    mutating func layerCount(ofTrack track: Int) -> Int { tracks[track].streams.count }

    func binding(of ssrc: SSRC) -> Int? {
        // At most a handful: a scan is faster than a hash.
        for index in bindings.indices where bindings[index].ssrc == ssrc { return index }
        return nil
    }
}

/// A layer of a participant's picture; `nil` while that is paused.
struct ShownLayer: Hashable {
    var participant: ParticipantID
    var layer: String?
}

/// A viewer: its outgoing tracks and who is in which slot.
struct Viewer {
    /// Places in ``tracks``.
    struct Slot {
        var audio: Int?
        var video: Int?
    }

    var tracks: [OutgoingTrack]
    /// The stream that each track gets or waits for; -1 for none.
    var targets: [Int]
    /// The spatial layer that each track gets of its stream at the most.
    var spatials: [UInt8]
    /// The temporal layers that its pictures do without.
    var thinning = FrameThinning()
    /// What all sound takes that it watches.
    var allocatedSound = DataRate.zero
    /// What the viewer reports of each track.
    var receptions: [RemoteReception]
    /// The layer that each picture track was last said to get.
    var shown: [ShownLayer?]
    /// Why each picture track gets the layer that it gets, or waits for.
    var reasons: [LayerReason]
    var slots: [Slot]
    var map: SlotMap<ParticipantID>
    /// Who feeds each slot.
    var watches: [Watch?]
    /// How it wants pictures, also of publishers that are not here.
    var wishes: [ParticipantID: PictureWish] = [:]
    var allocator: LayerAllocator
    /// What was set aside for all that it watches.
    var allocated = DataRate.zero
    /// It watches ``Limits/crowd`` pictures and more.
    var isCrowded = false
    /// A picture of it began with a keyframe from before, and is not yet where the others are.
    var isCatchingUp = false
    /// Since when it has got no picture at all, because its network carries none.
    var starvedSince: Instant?
    /// Until when it gets its only picture in spite of that.
    var trialEnds = Instant.zero
    /// The worker chooses its layers before its next tick.
    var awaitsAllocation = false
    /// It is to be asked when a layer may go up.
    var awaitsRise = false
    /// The target with which a layer may go up that does not fit yet.
    var risesFrom: DataRate?
    var nextSenderReport: Instant
    /// Publishers from which media has flowed, for SUBSCRIBE_STARTED and SUBSCRIBE_STOPPED.
    var flowing: Set<ParticipantID> = []
    /// The track's slot.
    var slotOfTrack: [Int]
    /// The picture tracks, one bit each.
    var pictures: UInt64 = 0
    /// The picture track that was last sent, so that each gets its turn.
    var lastPicture = 0
    var pacing: PacingBudget
    /// What the way to the viewer carries; `nil` for one that does not tell.
    var estimator: BandwidthEstimator?
    /// Asked instead of the estimator, which is large, and copied when it is compared.
    let isEstimated: Bool
    /// The tracks whose packets have a transport-wide sequence number, one bit each.
    let transportWide: UInt64
    /// A picture of it can be sent again over RTX.
    let hasRetransmission: Bool
    /// The repair packets of each track; `nil` where the viewer takes none.
    var protections: [PictureProtection?]
    let takesRepairs: Bool
    /// The tracks that are protected now, one bit each.
    var protected: UInt64 = 0
    /// How its network loses packets; noted where it takes repair packets.
    var losses = LossMeter()
    /// The outgoing number of each track up to which probes have repeated what was sent.
    var repeated: [Int64]
    /// The pictures whose first frame has not gone as a whole, one bit each.
    var openings: UInt64 = 0
    /// Until when its network is taken to lose packets though it is not full: it lately asked for one while
    /// nothing waited there.
    var lossyUntil = Instant.zero
    /// What was sent again, and is to go once more.
    var copies = RepairCopies()
    /// When the estimator is next asked to look at the time.
    var nextEstimate = Instant.zero
    /// Since when the publisher of a single subscription is away.
    var publisherLeftAt: Instant?

    init(
        _ slots: [SubscribeNegotiation.Slot], at now: Instant,
        using generator: inout some RandomNumberGenerator
    ) {
        estimator = Self.estimator(of: slots, at: now)
        isEstimated = estimator != nil
        hasRetransmission = slots.contains { $0.video?.retransmissionSSRC != nil }
        pacing =
            estimator == nil
            ? PacingBudget(
                rate: Limits.leastBlindPace, burst: Limits.blindBurst,
                longestBurst: Limits.longestBlindBurst, at: now)
            : PacingBudget(rate: Limits.keyframePace, at: now)
        tracks = []
        self.slots = []
        slotOfTrack = []
        for (index, slot) in slots.enumerated() {
            var places = Slot()
            if let audio = slot.audio {
                places.audio = tracks.count
                tracks.append(OutgoingTrack(audio, using: &generator))
                slotOfTrack.append(index)
            }
            if let video = slot.video {
                places.video = tracks.count
                pictures |= 1 << UInt64(tracks.count)
                tracks.append(OutgoingTrack(video, using: &generator))
                slotOfTrack.append(index)
            }
            self.slots.append(places)
        }
        targets = Array(repeating: -1, count: tracks.count)
        repeated = Array(repeating: .min / 2, count: tracks.count)
        spatials = Array(repeating: LayerTarget.highest.spatial, count: tracks.count)
        var numbered: UInt64 = 0
        for track in tracks.indices where tracks[track].configuration.transportSequence != 0 {
            numbered |= 1 << UInt64(track)
        }
        transportWide = numbered
        takesRepairs = tracks.contains { $0.configuration.errorCorrection != nil }
        protections = tracks.map {
            $0.configuration.errorCorrection == nil ? nil : PictureProtection(using: &generator)
        }
        receptions = Array(repeating: RemoteReception(), count: tracks.count)
        shown = Array(repeating: nil, count: tracks.count)
        reasons = Array(repeating: .started, count: tracks.count)
        map = SlotMap(count: slots.count)
        watches = Array(repeating: nil, count: slots.count)
        allocator = LayerAllocator(publishers: slots.count)
        nextSenderReport = now
    }

    private static func estimator(
        of slots: [SubscribeNegotiation.Slot], at now: Instant
    ) -> BandwidthEstimator? {
        let tracks = slots.flatMap { [$0.audio, $0.video].compactMap(\.self) }
        let feedback: BandwidthEstimator.Feedback
        if tracks.contains(where: { $0.transportSequence != 0 }) {
            feedback = .transportWide
        } else if tracks.contains(where: \.hasReceiverEstimate) {
            feedback = .receiverEstimate
        } else {
            return nil
        }
        return BandwidthEstimator(
            start: Limits.firstEstimate, limits: Limits.leastEstimate...Limits.largestEstimate,
            feedback: feedback, at: now)
    }

    func track(inSlot slot: Int, isVideo: Bool) -> Int? {
        isVideo ? slots[slot].video : slots[slot].audio
    }

    func track(of ssrc: SSRC) -> Int? {
        for index in tracks.indices where tracks[index].configuration.ssrc == ssrc {
            return index
        }
        return nil
    }
}
