package import Primitives
package import RTP

/// One RTP stream as a viewer gets it: its own SSRC, one run of sequence numbers and timestamps that
/// goes on through every change of source.
///
/// A source is a ``ReceiveStream``. While it lasts, the outgoing numbers are the source's plus a
/// constant, less what is left out of it on purpose (``LayerForwarder``), so that a hole in the source
/// stays a hole and late packets still find their place.
package struct OutgoingTrack: Sendable {
    /// A stream that feeds this track, or fed it.
    package struct Source: Hashable, Sendable {
        /// The stream's place in the worker's table, and that place's generation.
        package var stream: Int
        package var generation: UInt32
        package var format: Format
        /// The first source packet that is passed on; older ones belong to the time before.
        package var firstSequence: Int64
        /// The packet after the newest that was looked at.
        package internal(set) var next: Int64
        /// The number that the first one goes out with.
        package internal(set) var firstOutgoing: Int64 = 0
        /// What is added, wrapping, to a source's timestamp.
        var timestampOffset: UInt32 = 0
        /// The timestamps are those of the track's ``Replay``.
        var isReplayed = false
        /// The first source packet whose numbers are still known.
        var firstKnown: Int64

        /// What is added to a sequence number where nothing is left out.
        var sequenceOffset: Int64 { firstOutgoing - firstSequence }
    }

    /// A source that was, and what was made of its layers; `nil` where it had none.
    struct Past: Sendable {
        var source: Source
        var layers: LayerForwarder?
    }

    /// The numbers of a packet as it goes out.
    package struct Outgoing: Hashable, Sendable {
        /// Unwrapped: the lower 16 bits are the RTP sequence number, the rest SRTP's rollover counter.
        package var sequence: Int64
        package var timestamp: RTPTimestamp
        /// The numbers within the payload; `nil` for a source without layers.
        package var layers: LayerRewrite?

        init(sequence: Int64, timestamp: RTPTimestamp, layers: LayerRewrite? = nil) {
            self.sequence = sequence
            self.timestamp = timestamp
            self.layers = layers
        }

        package var sequenceNumber: UInt16 { UInt16(truncatingIfNeeded: sequence) }
        package var rollover: UInt32 { UInt32(truncatingIfNeeded: sequence >> 16) }
    }

    /// What becomes of a source packet.
    package enum Passage: Hashable, Sendable {
        case sent(Outgoing)
        /// The viewer does not get it, and will not miss it.
        case omitted
        /// The viewer does not get it, but waits for its number: it is to have an empty packet.
        case blank(Outgoing)
        /// The source is to be begun again with this packet.
        case restart
    }

    package let configuration: Configuration
    /// The highest layers of a source that the viewer wants.
    package private(set) var wanted = LayerTarget.highest
    /// What feeds the track now; `nil` between sources.
    package private(set) var source: Source?
    package private(set) var packetCount: UInt32 = 0
    package private(set) var octetCount: UInt32 = 0
    /// NACKed packets that were not sent again, because ``Limits/resendBurst`` was used up.
    package internal(set) var refusedResends: UInt64 = 0

    private(set) var replay: Replay?
    /// What of the source the viewer gets; `nil` where that is all.
    private(set) var layers: LayerForwarder?
    private(set) var past: [Past] = []
    /// The newest number that was sent, or kept for a packet that is missing.
    private(set) var highest: Int64
    private(set) var lastTimestamp: RTPTimestamp
    private var lastSentAt: Instant?
    private var continuity: LayerContinuity
    /// The source tells its layers in dependency descriptors.
    private var isDescribed = false
    var retransmissionSequence: Int64
    var resends = ResendBudget()

    /// Starts with random numbers; the first sequence number is in the lower half of its range, so
    /// that a lost first packet cannot put the two sides' rollover counters apart (RFC 3711 §3.3.1).
    package init(
        _ configuration: Configuration, using generator: inout some RandomNumberGenerator
    ) {
        self.configuration = configuration
        highest = Int64.random(in: 0..<32_768, using: &generator)
        retransmissionSequence = Int64.random(in: 0..<32_768, using: &generator)
        lastTimestamp = RTPTimestamp(UInt32.random(in: 0...UInt32.max, using: &generator))
        continuity = LayerContinuity(
            pictureID: UInt16.random(in: 0..<1 << 15, using: &generator),
            frameNumber: UInt16.random(in: 0...UInt16.max, using: &generator),
            tl0PicIdx: UInt8.random(in: 0...UInt8.max, using: &generator))
    }

    package func format(for codec: Codec) -> Format? {
        configuration.formats.first { $0.codec == codec }
    }

    /// Starts a new source with its packet `entry`. The outgoing sequence goes on with the next
    /// number, the timestamp with as much as the time since the last packet.
    ///
    /// - Parameter info: what the packet is of its layers, if it has any: a keyframe's first one.
    package mutating func begin(
        stream: Int, generation: UInt32, format: Format, with entry: PacketHistory.Entry,
        _ info: LayerInfo = LayerInfo(), at now: Instant
    ) {
        start(
            Source(
                stream: stream, generation: generation, format: format,
                firstSequence: entry.sequence, next: entry.sequence, firstKnown: entry.sequence),
            info, as: entry.timestamp, at: now)
    }

    /// Starts a new source with a packet that came before, to catch up with `newest`.
    package mutating func replay(
        stream: Int, generation: UInt32, format: Format, from entry: PacketHistory.Entry,
        _ info: LayerInfo = LayerInfo(), to newest: PacketHistory.Entry, at now: Instant
    ) {
        start(
            Source(
                stream: stream, generation: generation, format: format,
                firstSequence: entry.sequence, next: entry.sequence, isReplayed: true,
                firstKnown: entry.sequence),
            info, as: newest.timestamp, at: now)
        replay = Replay(upTo: newest, clockRate: format.codec.clockRate, at: now)
    }

    /// - Parameter timestamp: the source's, now.
    private mutating func start(
        _ new: Source, _ info: LayerInfo, as timestamp: RTPTimestamp, at now: Instant
    ) {
        detach()
        let clock = Int64(new.format.codec.clockRate)
        let outgoing =
            lastSentAt.map { lastSentAt in
                let pause = max(0, (now - lastSentAt).nanoseconds)
                return lastTimestamp.advanced(by: max(1, pause / 1000 * clock / 1_000_000))
            } ?? lastTimestamp
        var new = new
        new.firstOutgoing = highest + 1
        new.timestampOffset = outgoing.rawValue &- timestamp.rawValue
        source = new
        guard info.format != .plain else { return }
        isDescribed = info.format == .dependencyDescriptor
        layers = LayerForwarder(
            first: info, sequence: new.firstSequence, as: new.firstOutgoing, wanted: usable,
            after: continuity)
    }

    /// What is wanted, as far as it can be told of: without dependency descriptors a decoder takes the
    /// pictures of several spatial layers for one after the other.
    private var usable: LayerTarget {
        guard isDescribed, configuration.extensions.dependencyDescriptor == 0 else { return wanted }
        return LayerTarget(spatial: 0, temporal: wanted.temporal)
    }

    /// Changes what the viewer is to get of its sources' layers, as soon as that can be decoded.
    package mutating func want(_ target: LayerTarget) {
        guard wanted != target else { return }
        wanted = target
        let usable = usable
        layers?.wanted = usable
    }

    /// Whether what is wanted of the source comes with its next keyframe only. Mutating, because what is
    /// only read through an optional is copied first.
    package mutating func needsKeyframe() -> Bool { layers?.needsKeyframe ?? false }

    /// Whether the source began before the viewer came, and is not yet where the others are.
    package var isCatchingUp: Bool { replay.map { $0.ended == nil } ?? false }

    /// Lets go of what only a viewer that has just caught up needs.
    ///
    /// - Returns: whether it takes too long to catch up.
    package mutating func settleReplay(at now: Instant) -> Bool {
        guard let replay else { return false }
        guard let ended = replay.ended else { return now - replay.began > Limits.joinPatience }
        if now - ended > Limits.replayMemory { endReplay() }
        return false
    }

    /// From now on the host's timestamps hold; what went out with others is not known any more.
    private mutating func endReplay() {
        guard let replay else { return }
        source?.isReplayed = false
        source?.firstKnown = replay.liveFrom ?? .max
        self.replay = nil
    }

    /// Ends the current source; what it sent can still be asked for, but for what was replayed.
    package mutating func detach() {
        endReplay()
        guard let source else { return }
        if let layers {
            continuity = layers.continuity
            highest = max(highest, layers.nextOutgoing - 1)
        }
        if past.count == Limits.rememberedSources { past.removeFirst() }
        past.append(Past(source: source, layers: layers))
        self.source = nil
        layers = nil
    }

    /// Where the source is. Asked for each turn, and smaller than all of it, which would be copied.
    @inline(__always)
    package var feed: (stream: Int, generation: UInt32)? {
        guard let stream = source?.stream, let generation = source?.generation else { return nil }
        return (stream, generation)
    }

    /// The next packet of the source that is to be passed on; older ones that still come are late.
    @inline(__always)
    package var next: Int64? { source?.next }

    /// Notes that everything before a packet was passed on, or is not there to be.
    @inline(__always)
    package mutating func advance(to sequence: Int64) { source?.next = sequence }

    /// Decides about a source packet, and counts it when it is sent.
    ///
    /// - Parameters:
    ///   - info: what it is of its source's layers.
    ///   - structure: the one that it refers to: see ``ReceiveStream/structure(for:)``.
    package mutating func forward(
        _ entry: PacketHistory.Entry, _ info: LayerInfo = LayerInfo(),
        structure: DependencyStructure? = nil, at now: Instant
    ) -> Passage {
        guard let known = source?.firstKnown, entry.sequence >= known,
            let offset = source?.timestampOffset
        else { return .omitted }
        var outgoing = Outgoing(sequence: 0, timestamp: entry.timestamp)
        switch decide(entry, info, structure) {
        case .forward(let rewrite):
            outgoing.sequence = rewrite.sequence
            outgoing.layers = info.format == .plain ? nil : rewrite
        case .omit: return .omitted
        case .restart: return .restart
        case .blank(let sequence):
            return .blank(
                Outgoing(
                    sequence: sequence,
                    timestamp: RTPTimestamp(entry.timestamp.rawValue &+ offset)))
        }
        guard let timestamp = timestamp(of: entry, at: now) else { return .omitted }
        outgoing.timestamp = RTPTimestamp(timestamp &+ offset)
        if outgoing.sequence > highest {
            highest = outgoing.sequence
            lastTimestamp = outgoing.timestamp
            lastSentAt = now
        }
        packetCount &+= 1
        // Without padding (RFC 3550 §6.4.1).
        octetCount &+= UInt32(
            truncatingIfNeeded: entry.payloadSize - entry.paddingSize - redundantSize(of: entry))
        return .sent(outgoing)
    }

    @inline(__always)
    private mutating func decide(
        _ entry: PacketHistory.Entry, _ info: LayerInfo, _ structure: DependencyStructure?
    ) -> LayerForwarder.Decision {
        let decision = layers?.decide(
            info, sequence: entry.sequence, timestamp: entry.timestamp, structure: structure)
        return decision
            ?? .forward(LayerRewrite(sequence: entry.sequence + (source?.sequenceOffset ?? 0)))
    }

    /// The source's timestamp, or while it is replayed, the one that goes in its place.
    @inline(__always)
    private mutating func timestamp(of entry: PacketHistory.Entry, at now: Instant) -> UInt32? {
        guard source?.isReplayed == true else { return entry.timestamp.rawValue }
        return replay?.timestamp(of: entry, at: now)
    }
}
