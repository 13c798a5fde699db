package import Primitives
package import RTP

/// One RTP stream as a viewer gets it: its own SSRC, one run of sequence numbers and timestamps that
/// goes on through every change of source.
///
/// A source is a ``ReceiveStream``. While it lasts, the outgoing numbers are the source's plus a
/// constant, so that a hole in the source stays a hole and late packets still find their place.
package struct OutgoingTrack: Sendable {
    package struct Configuration: Hashable, Sendable {
        package var mid: String
        package var isVideo: Bool
        package var ssrc: SSRC
        /// The SSRC of the RTX companion; `nil` when the viewer did not negotiate RTX.
        package var retransmissionSSRC: SSRC?
        package var formats: [Format]
        package var extensions: ForwardedExtensionIDs
        /// The id of the transport-wide sequence number; 0 where the viewer does not tell what arrives.
        package var transportSequence: UInt8
        /// Whether the viewer may estimate by itself (REMB).
        package var hasReceiverEstimate: Bool
        /// The stream of repair packets; `nil` when the viewer did not negotiate any.
        package var errorCorrection: ErrorCorrection?

        package init(
            mid: String, isVideo: Bool, ssrc: SSRC, retransmissionSSRC: SSRC?, formats: [Format],
            extensions: ForwardedExtensionIDs, transportSequence: UInt8 = 0,
            hasReceiverEstimate: Bool = false, errorCorrection: ErrorCorrection? = nil
        ) {
            self.mid = mid
            self.isVideo = isVideo
            self.ssrc = ssrc
            self.retransmissionSSRC = retransmissionSSRC
            self.formats = formats
            self.extensions = extensions
            self.transportSequence = transportSequence
            self.hasReceiverEstimate = hasReceiverEstimate
            self.errorCorrection = errorCorrection
        }
    }

    /// FlexFEC as the viewer numbers it: a stream of its own, with its own sequence numbers.
    package struct ErrorCorrection: Hashable, Sendable {
        package var payloadType: UInt8
        package var ssrc: SSRC

        package init(payloadType: UInt8, ssrc: SSRC) {
            self.payloadType = payloadType
            self.ssrc = ssrc
        }
    }

    /// A codec as the viewer numbers it.
    package struct Format: Hashable, Sendable {
        package var codec: Codec
        package var payloadType: UInt8
        package var retransmissionPayloadType: UInt8?
        /// Under which the viewer takes Opus with redundancy (RFC 2198); `nil`: it gets the primary
        /// blocks only.
        package var redundancyPayloadType: UInt8?

        package init(
            codec: Codec, payloadType: UInt8, retransmissionPayloadType: UInt8? = nil,
            redundancyPayloadType: UInt8? = nil
        ) {
            self.codec = codec
            self.payloadType = payloadType
            self.retransmissionPayloadType = retransmissionPayloadType
            self.redundancyPayloadType = redundancyPayloadType
        }
    }

    /// A stream that feeds this track, or fed it.
    package struct Source: Hashable, Sendable {
        /// The stream's place in the worker's table, and that place's generation.
        package var stream: Int
        package var generation: UInt32
        package var format: Format
        /// The first source packet that is passed on; older ones belong to the time before.
        var firstSequence: Int64
        /// The packet after the newest that was passed on.
        var next: Int64
        /// What is added to a source's sequence number.
        var sequenceOffset: Int64
        /// What is added, wrapping, to a source's timestamp.
        var timestampOffset: UInt32
        /// The timestamps are those of the track's ``Replay``.
        var isReplayed = false
        /// The first source packet whose numbers are still known.
        var firstKnown: Int64

        var firstOutgoing: Int64 { firstSequence + sequenceOffset }
    }

    /// The numbers of a packet as it goes out.
    package struct Outgoing: Hashable, Sendable {
        /// Unwrapped: the lower 16 bits are the RTP sequence number, the rest SRTP's rollover counter.
        package var sequence: Int64
        package var timestamp: RTPTimestamp

        package var sequenceNumber: UInt16 { UInt16(truncatingIfNeeded: sequence) }
        package var rollover: UInt32 { UInt32(truncatingIfNeeded: sequence >> 16) }
    }

    package let configuration: Configuration
    /// What feeds the track now; `nil` between sources.
    package private(set) var source: Source?
    package private(set) var packetCount: UInt32 = 0
    package private(set) var octetCount: UInt32 = 0
    package private(set) var retransmissions: UInt64 = 0
    /// NACKed packets that were not sent again, because ``Limits/resendBurst`` was used up.
    package private(set) var refusedResends: UInt64 = 0

    private var replay: Replay?
    private var past: [Source] = []
    private var highest: Int64
    private(set) var lastTimestamp: RTPTimestamp
    private var lastSentAt: Instant?
    private var retransmissionSequence: Int64
    private var resends = ResendBudget()

    /// Starts with random numbers; the first sequence number is in the lower half of its range, so
    /// that a lost first packet cannot put the two sides' rollover counters apart (RFC 3711 §3.3.1).
    package init(
        _ configuration: Configuration, using generator: inout some RandomNumberGenerator
    ) {
        self.configuration = configuration
        highest = Int64.random(in: 0..<32_768, using: &generator)
        retransmissionSequence = Int64.random(in: 0..<32_768, using: &generator)
        lastTimestamp = RTPTimestamp(UInt32.random(in: 0...UInt32.max, using: &generator))
        past.reserveCapacity(Limits.rememberedSources)
    }

    package func format(for codec: Codec) -> Format? {
        configuration.formats.first { $0.codec == codec }
    }

    /// Starts a new source with its packet `entry`. The outgoing sequence goes on with the next
    /// number, the timestamp with as much as the time since the last packet.
    package mutating func begin(
        stream: Int, generation: UInt32, format: Format, with entry: PacketHistory.Entry,
        at now: Instant
    ) {
        detach()
        let clock = Int64(format.codec.clockRate)
        let timestamp =
            lastSentAt.map { lastSentAt in
                let pause = max(0, (now - lastSentAt).nanoseconds)
                return lastTimestamp.advanced(by: max(1, pause / 1000 * clock / 1_000_000))
            } ?? lastTimestamp
        source = Source(
            stream: stream, generation: generation, format: format, firstSequence: entry.sequence,
            next: entry.sequence, sequenceOffset: highest + 1 - entry.sequence,
            timestampOffset: timestamp.rawValue &- entry.timestamp.rawValue,
            firstKnown: entry.sequence)
    }

    /// Starts a new source with a packet that came before, to catch up with `newest`.
    package mutating func replay(
        stream: Int, generation: UInt32, format: Format, from entry: PacketHistory.Entry,
        to newest: PacketHistory.Entry, at now: Instant
    ) {
        begin(stream: stream, generation: generation, format: format, with: newest, at: now)
        source?.firstSequence = entry.sequence
        source?.next = entry.sequence
        source?.sequenceOffset = highest + 1 - entry.sequence
        source?.firstKnown = entry.sequence
        source?.isReplayed = true
        replay = Replay(upTo: newest, clockRate: format.codec.clockRate, at: now)
    }

    /// Whether the source began before the viewer came, and is not yet where the others are.
    package var isCatchingUp: Bool { replay.map { $0.ended == nil } ?? false }

    /// Lets go of what only a viewer that has just caught up needs.
    ///
    /// - Returns: whether it takes too long to catch up.
    package mutating func settleReplay(at now: Instant) -> Bool {
        guard let replay else { return false }
        guard let ended = replay.ended else { return now - replay.began > Limits.joinPatience }
        if now - ended > Limits.replayMemory {
            self.replay = nil
            source?.isReplayed = false
            if let liveFrom = replay.liveFrom { source?.firstKnown = liveFrom }
        }
        return false
    }

    /// Ends the current source; what it sent can still be asked for, but for what was replayed.
    package mutating func detach() {
        guard var source else { return }
        if source.isReplayed {
            source.isReplayed = false
            source.firstKnown = replay?.liveFrom ?? .max
            replay = nil
        }
        if past.count == Limits.rememberedSources { past.removeFirst() }
        past.append(source)
        self.source = nil
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

    /// The outgoing numbers of a source packet; `nil` when it is from before the source's start.
    /// Counts the packet as sent.
    package mutating func forward(
        _ entry: PacketHistory.Entry, at now: Instant
    ) -> Outgoing? {
        guard let source, entry.sequence >= source.firstKnown else { return nil }
        var timestamp = entry.timestamp.rawValue
        if source.isReplayed {
            guard let replayed = replay?.timestamp(of: entry, at: now) else { return nil }
            timestamp = replayed
        }
        let outgoing = Outgoing(
            sequence: entry.sequence + source.sequenceOffset,
            timestamp: RTPTimestamp(timestamp &+ source.timestampOffset))
        if outgoing.sequence > highest {
            highest = outgoing.sequence
            lastTimestamp = outgoing.timestamp
            lastSentAt = now
        }
        packetCount &+= 1
        // Without padding (RFC 3550 §6.4.1).
        octetCount &+= UInt32(truncatingIfNeeded: entry.payloadSize - entry.paddingSize)
        return outgoing
    }

    /// Writes the RTP header of a packet of the current source, and returns its SSRC; `nil` between
    /// sources. Mutating, because a track that is only read through an optional is copied first.
    @inline(__always)
    package mutating func writeHeader(
        _ entry: PacketHistory.Entry, of history: borrowing PacketHistory, as outgoing: Outgoing,
        transportSequence: SequenceNumber?, into packet: inout ByteWriter
    ) -> SSRC? {
        guard let payloadType = source?.format.payloadType else { return nil }
        let ssrc = configuration.ssrc
        writeHeader(
            entry, of: history, payloadType: payloadType, ssrc: ssrc,
            sequence: outgoing.sequenceNumber, timestamp: outgoing.timestamp,
            transportSequence: transportSequence, into: &packet)
        return ssrc
    }

    /// Writes the RTP header of a packet that is about to be sealed (RFC 3550 §5.1), with the
    /// header extensions that both sides negotiated.
    package mutating func writeHeader(
        _ entry: PacketHistory.Entry, of history: borrowing PacketHistory, payloadType: UInt8,
        ssrc: SSRC, sequence: UInt16, timestamp: RTPTimestamp, transportSequence: SequenceNumber?,
        into packet: inout ByteWriter
    ) {
        let hasExtensions = transportSequence != nil || passesAny(of: entry)
        RTPHeaderWriter.write(
            marker: entry.marker, payloadType: payloadType,
            sequenceNumber: SequenceNumber(sequence), timestamp: timestamp, ssrc: ssrc,
            hasExtension: hasExtensions, hasPadding: entry.paddingSize > 0, into: &packet)
        guard hasExtensions else { return }
        let mark = RTPHeaderWriter.beginExtensions(into: &packet)
        for index in 0..<ForwardedExtensionIDs.count where passes(index, of: entry) {
            RTPHeaderWriter.appendElement(
                id: configuration.extensions[index], history.extensionValue(index, of: entry),
                into: &packet)
        }
        if let transportSequence {
            RTPHeaderWriter.appendElement(
                id: configuration.transportSequence, transportSequence.rawValue, into: &packet)
        }
        RTPHeaderWriter.endExtensions(begunAt: mark, into: &packet)
    }

    @inline(__always)
    private func passes(_ index: Int, of entry: PacketHistory.Entry) -> Bool {
        entry.extensions[index] > 0 && configuration.extensions[index] != 0
    }

    @inline(__always)
    private func passesAny(of entry: PacketHistory.Entry) -> Bool {
        guard !entry.extensions.isEmpty else { return false }
        for index in 0..<ForwardedExtensionIDs.count where passes(index, of: entry) {
            return true
        }
        return false
    }
}

extension OutgoingTrack {
    /// A packet that a viewer asked for again: where it is kept, and the numbers it went out with.
    package struct Repair: Hashable, Sendable {
        package var source: Source
        package var sourceSequence: Int64
        package var outgoingSequence: Int64
    }

    /// The timestamp that a packet went out with; `nil` when that is forgotten.
    package mutating func timestamp(
        of repair: Repair, for entry: PacketHistory.Entry
    ) -> RTPTimestamp? {
        var timestamp = entry.timestamp.rawValue
        guard repair.sourceSequence >= repair.source.firstKnown else { return nil }
        if repair.source.isReplayed {
            guard let replayed = replay?.timestampSent(with: entry) else { return nil }
            timestamp = replayed
        }
        return RTPTimestamp(timestamp &+ repair.source.timestampOffset)
    }

    /// Finds what a NACKed number was; `nil` when it was never sent, or by a source that is forgotten.
    package func repair(_ number: SequenceNumber) -> Repair? {
        let newest = SequenceNumber(UInt16(truncatingIfNeeded: highest))
        let sequence = highest + Int64(number.distance(from: newest))
        guard sequence <= highest, let source = source(of: sequence) else { return nil }
        return Repair(
            source: source, sourceSequence: sequence - source.sequenceOffset,
            outgoingSequence: sequence)
    }

    /// The newest packet that was sent; `nil` before the first of a source.
    package var newestRepair: Repair? {
        guard let source, packetCount > 0, highest >= source.firstOutgoing else { return nil }
        return Repair(
            source: source, sourceSequence: highest - source.sequenceOffset,
            outgoingSequence: highest)
    }

    /// Whether to send a packet again now, of which the caller has made sure that it is still kept;
    /// counts it as sent. See ``ResendBudget``.
    package mutating func admit(
        _ repair: Repair, at now: Instant, roundTrip: Duration?
    ) -> Bool {
        switch resends.admit(
            repair.outgoingSequence, at: now, roundTrip: roundTrip, sent: packetCount)
        {
        case .admitted:
            retransmissions += 1
            return true
        case .repeated: return false
        case .exhausted:
            refusedResends += 1
            return false
        }
    }

    private func source(of sequence: Int64) -> Source? {
        if let source, sequence >= source.firstOutgoing { return source }
        return past.last { sequence >= $0.firstOutgoing }
    }

    /// The next number of the RTX stream.
    package mutating func nextRetransmissionSequence() -> Int64 {
        retransmissionSequence += 1
        return retransmissionSequence
    }

    /// The sender report for this track (RFC 3550 §6.4.1): what the source's own report says about
    /// its clock, moved to our numbers and our wall clock, so that sound and picture of one host
    /// stay together. `nil` until the source's host has reported.
    ///
    /// - Parameters:
    ///   - reference: a timestamp of the source, and the moment on our clock when it was captured.
    package func senderReport(
        reference: (timestamp: RTPTimestamp, at: Instant)?, now: Instant, ntp: UInt64
    ) -> SenderReport? {
        guard let source, let reference, packetCount > 0 else { return nil }
        let elapsed = (now - reference.at).nanoseconds / 1000
        let clock = Int64(source.format.codec.clockRate)
        let timestamp = reference.timestamp.advanced(by: elapsed * clock / 1_000_000)
        return SenderReport(
            ssrc: configuration.ssrc, ntp: ntp,
            rtp: RTPTimestamp(timestamp.rawValue &+ source.timestampOffset),
            packetCount: packetCount, octetCount: octetCount)
    }
}
