internal import Congestion
package import DatagramIO
internal import Forwarding
internal import ICE
package import MediaSecurity
internal import Peering
package import Primitives
internal import RTP
package import Signalling
package import Telemetry

/// The peers and streams of one thread, and everything that happens to a datagram.
///
/// It owns no socket and reads no clock: datagrams, commands and time come in, datagrams go to a
/// ``DatagramSink``, and reports collect until they are taken. The thread around it is
/// ``MediaThread``; simulations drive it in virtual time.
///
/// One turn of the loop is: ``receive(_:from:via:at:handedBy:into:)`` for each datagram of a batch,
/// ``endTurn(at:into:)`` to forward what the batch brought, ``advanceHandshakes(at:into:)`` for one step
/// of one handshake, and ``advance(to:into:)`` when ``wakeup`` has come.
package struct MediaWorker: ~Copyable {
    /// What is fixed for a worker's life.
    package struct Configuration: Sendable {
        package var dtls: DTLSContext
        package var anchor: ClockAnchor
        /// Keys the worker's tables and gives SSRCs and sequence numbers their start.
        package var seed: UInt64
        package var capacity: MediaCapacity
        package var place: WorkerPlace
        /// Whether hosts are told to stop layers that nobody watches.
        package var holdsUnwatched: Bool
        /// How many publishers of a stage are heard at a time; `nil`: all.
        package var loudest: Int?

        package init(
            dtls: DTLSContext, anchor: ClockAnchor, seed: UInt64,
            capacity: MediaCapacity = MediaCapacity(), place: WorkerPlace = .only,
            holdsUnwatched: Bool = true, loudest: Int? = nil
        ) {
            self.loudest = loudest
            self.holdsUnwatched = holdsUnwatched
            self.dtls = dtls
            self.anchor = anchor
            self.seed = seed
            self.capacity = capacity
            self.place = place
        }
    }

    /// The peers of a stage, by their places in ``peers``.
    struct Route {
        /// Of the stage's own publishers and of those that are replicated to it.
        var publishers: [ParticipantID: Int] = [:]
        var viewers: [Int] = []
    }

    /// Where a publisher publishes.
    struct Origin: Hashable {
        var stage: StageID
        var participant: ParticipantID
    }

    let configuration: Configuration
    var peers: SlotTable<Peer>
    var streams: SlotTable<ReceiveStream>
    /// Which publisher's track each stream is a layer of, and which one, by the stream's place.
    var owners: [StreamOwner]
    var addresses: AddressTable
    /// The workers that addresses belong to whose datagrams come to this one.
    var foreign: AddressTable
    /// What this worker has for the others; whoever drives it takes it away after each turn.
    package var outbox: Outbox
    var ufrags: [UInt64: Int] = [:]
    var resources: [ResourceID: Int] = [:]
    var routes: [StageID: Route] = [:]
    /// The other stages that a publisher is shown on.
    var replications: [Origin: [StageID]] = [:]
    /// Whose media is held back in part; who is not here may come back.
    var heldBack: [Origin: Forwarded] = [:]
    /// Those that make repair packets for viewers' pictures.
    var encoders = SlotTable<FlexFECEncoder>(capacity: Limits.protectedPictures)
    /// Who speaks where, at the worker that listens for all.
    var conversations: [Conversation?] = []
    var speakerEvents: [SpeakerEvent] = []
    var deadlines: DeadlineHeap
    var handshakes = HandshakeQueue()
    var queue = SendQueue()
    /// Of what is in the queue.
    var batch = SRTPBatch(capacity: DatagramIO.Limits.sendQueueDatagrams)
    /// Holds the packet that was decrypted last.
    var clear = ByteWriter(capacity: 2 * DatagramIO.Limits.datagramCapacity)
    /// Streams with fresh packets, in the order of their first.
    var dirty: [Int] = []
    /// The viewers that are to be sent something.
    var schedule: SendSchedule
    /// Publishers whose streams were wished a keyframe in this turn.
    var wishes: [Int] = []
    /// Numbers for one NACK or from one; kept to spare allocations.
    var numbers: [SequenceNumber] = []
    /// When what is queued now is about to be sent: when the queue was last emptied, in this turn.
    var sendClock = Instant.zero
    /// What one feedback message says; kept to spare allocations.
    var packetResults = PacketResults()
    /// Of the forwarded packets in the queue: when they came, and since when they could have gone.
    var forwardedTimes: [(received: Instant, ready: Instant)] = []
    var random: SeededGenerator
    /// What one viewer watches, and what it is to get; lent to each in turn.
    var watched: [WatchedPublisher] = []
    var allocation = LayerAllocation()
    /// What one viewer's pictures take now.
    var sentPictures: [LayerRates] = []
    private var pendingReports: [MediaReport] = []

    /// From when a packet came, or was no longer kept back on purpose, to when it was sent.
    package private(set) var latency = LatencyHistogram()
    /// For how long packets were kept back on purpose, of those that were.
    package private(set) var pacing = LatencyHistogram()
    /// From when packets came to when they were sent, since the last report to the control plane.
    var recentLatency = LatencyHistogram()
    /// For how long packets were kept back on purpose in that time; nothing for those that were not.
    var recentPacing = LatencyHistogram()
    var recentSince: Instant
    package var counters = ForwardingCounters()
    package var publisherCount = 0
    package var viewerCount = 0

    package init(_ configuration: Configuration) {
        self.configuration = configuration
        let capacity = configuration.capacity
        peers = SlotTable(capacity: capacity.peers)
        streams = SlotTable(capacity: capacity.streams)
        deadlines = DeadlineHeap(capacity: 4 * capacity.peers)
        addresses = AddressTable(capacity: capacity.peers * 2, seed: configuration.seed)
        schedule = SendSchedule(peers: capacity.peers)
        let hasOthers = configuration.place.count > 1
        foreign = AddressTable(
            capacity: hasOthers ? capacity.peers * 2 : 1, seed: configuration.seed)
        outbox = Outbox(isUsed: hasOthers)
        owners = Array(repeating: StreamOwner(), count: capacity.streams)
        random = SeededGenerator(seed: configuration.seed)
        recentSince = configuration.anchor.monotonic
        dirty.reserveCapacity(64)
        wishes.reserveCapacity(64)
        numbers.reserveCapacity(1024)
        forwardedTimes.reserveCapacity(DatagramIO.Limits.sendQueueDatagrams)
    }

    /// Peers of its own and mirrors.
    package var peerCount: Int { peers.count }

    /// Pictures of viewers for which repair packets are made now.
    package var protectedPictures: Int { encoders.count }

    // MARK: - One turn

    /// Whether ``advanceHandshakes(at:into:)`` has something to do now.
    package var hasHandshakes: Bool { !handshakes.isEmpty }

    /// When ``advance(to:into:)`` next has something to do.
    package var wakeup: Instant? {
        switch (deadlines.soonest, schedule.soonest) {
        case (let first?, let second?): min(first, second)
        case (let first, let second): first ?? second
        }
    }

    /// When a viewer is next to be sent something; `nil` when all was sent.
    package var sendsNext: Instant? { schedule.soonest }

    /// Has a peer looked at, at `moment` or soon after.
    mutating func wake(
        _ peer: Int, at moment: Instant, for purpose: DeadlineHeap.Purpose = .tick
    ) {
        deadlines.push(
            DeadlineHeap.Entry(
                at: moment, peer: Int32(peer), generation: peers.generation(of: peer),
                purpose: purpose))
    }

    /// Does what is due.
    package mutating func advance(
        to now: Instant, into sink: inout some DatagramSink & ~Copyable
    ) {
        while let entry = deadlines.pop(at: now) {
            let index = Int(entry.peer)
            guard peers.isOccupied(index), peers.generation(of: index) == entry.generation else {
                continue
            }
            switch entry.purpose {
            case .repair:
                peers[index].publisher?.awaitsRepair = false
                requestRepairs(of: index, at: now, into: &sink)
            case .allocation:
                peers[index].viewer?.awaitsAllocation = false
                allocate(index, at: now)
            case .rise:
                peers[index].viewer?.awaitsRise = false
                allocate(index, at: now)
            case .copies: sendCopies(to: index, at: now, into: &sink)
            case .tick:
                let next = tick(index, at: now, into: &sink)
                guard let next, peers.isOccupied(index) else { continue }
                wake(index, at: next)
            }
        }
        sendDue(at: now, into: &sink)
        serveWishes(at: now, into: &sink)
        flush(into: &sink)
    }

    /// Forwards what the batch brought, asks hosts for the keyframes that were wished, and sends.
    package mutating func endTurn(
        at now: Instant, into sink: inout some DatagramSink & ~Copyable
    ) {
        fanOut(at: now, into: &sink)
        serveWishes(at: now, into: &sink)
        flush(into: &sink)
    }

    private mutating func serveWishes(
        at now: Instant, into sink: inout some DatagramSink & ~Copyable
    ) {
        for index in 0..<wishes.count where peers.isOccupied(wishes[index]) {
            requestRepairs(of: wishes[index], at: now, into: &sink)
        }
        wishes.removeAll(keepingCapacity: true)
    }

    /// What the way to a viewer carries; `nil` for one that does not tell, or is not here.
    package mutating func estimate(of resource: ResourceID) -> DataRate? {
        guard let index = resources[resource], peers[index].viewer?.isEstimated == true else {
            return nil
        }
        return peers[index].viewer!.estimator!.target
    }

    // MARK: - Reports

    mutating func report(_ report: MediaReport) { pendingReports.append(report) }

    /// What happened since the last call.
    package mutating func takeReports() -> [MediaReport] {
        guard !pendingReports.isEmpty else { return [] }
        defer { pendingReports.removeAll(keepingCapacity: true) }
        return pendingReports
    }

    /// Makes room in the queue for one more datagram.
    mutating func makeRoom(into sink: inout some DatagramSink & ~Copyable) {
        if !queue.hasRoom { flush(into: &sink) }
    }

    /// Sends what is queued.
    mutating func flush(into sink: inout some DatagramSink & ~Copyable) {
        guard !queue.isEmpty else { return }
        batch.finish(in: &queue.arena)
        let sent = sink.flush(&queue)
        sendClock = sent
        for index in 0..<forwardedTimes.count {
            let (received, ready) = forwardedTimes[index]
            let whole = sent.nanoseconds(since: received)
            recentLatency.record(nanoseconds: whole)
            let own = sent.nanoseconds(since: ready)
            latency.record(nanoseconds: own)
            recentPacing.record(nanoseconds: whole - own)
            if ready > received { pacing.record(nanoseconds: whole - own) }
        }
        forwardedTimes.removeAll(keepingCapacity: true)
    }
}

extension MediaWorker {
    /// What the worker has done; the thread adds what only it knows.
    package var metrics: MediaMetrics {
        var metrics = MediaMetrics()
        metrics.forwarding = counters
        metrics.forwarding.handOversDropped = outbox.dropped
        metrics.serverLatency = latency
        metrics.pacing = pacing
        metrics.workers = 1
        metrics.publishers = publisherCount
        metrics.viewers = viewerCount
        return metrics
    }
}
