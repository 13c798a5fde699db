internal import DatagramIO
internal import Forwarding
internal import MediaSecurity
internal import Peering
internal import Primitives
internal import RTP

// Headers, and the sealing of what follows them.

extension MediaWorker {
    /// Writes, seals and queues a packet of nothing but padding.
    mutating func sendPadding(
        to peer: Int, track: Int, at destination: TransportAddress,
        into sink: inout some DatagramSink & ~Copyable
    ) {
        makeRoom(into: &sink)
        let start = queue.arena.count
        peers[peer].writePadding(onTrack: track, at: sendClock, into: &queue.arena)
        queue.commit(from: start, to: destination, via: peers[peer].local)
    }

    /// Writes, seals and queues an empty packet.
    mutating func sendBlank(
        _ outgoing: OutgoingTrack.Outgoing, to peer: Int, track: Int,
        at destination: TransportAddress, into sink: inout some DatagramSink & ~Copyable
    ) {
        makeRoom(into: &sink)
        let start = queue.arena.count
        peers[peer].writeBlank(outgoing, onTrack: track, at: sendClock, into: &queue.arena)
        queue.commit(from: start, to: destination, via: peers[peer].local)
    }
}

extension Peer {
    /// Writes and seals padding on a track's RTX stream.
    mutating func writePadding(onTrack track: Int, at now: Instant, into arena: inout ByteWriter) {
        let number = viewer!.takeTransportNumber(
            forBytes: Forwarding.Limits.paddingSize, onTrack: track, at: now)
        let start = arena.count
        guard
            let (ssrc, sequence) = viewer!.tracks[track].writePaddingHeader(
                transportSequence: number, into: &arena)
        else { return }
        let padding = OutgoingTrack.padding
        connection!.transport.sealer!.seal(
            headerStart: start, payload: padding.rawSpan, ssrc: ssrc.rawValue,
            sequence: UInt16(truncatingIfNeeded: sequence),
            rollover: UInt32(truncatingIfNeeded: sequence >> 16), into: &arena)
    }

    /// Writes and seals an empty packet under a number that the viewer waits for: one byte of padding
    /// (RFC 3550 §5.1).
    mutating func writeBlank(
        _ outgoing: OutgoingTrack.Outgoing, onTrack track: Int, at now: Instant,
        into arena: inout ByteWriter
    ) {
        let start = arena.count
        let number = viewer!.takeTransportNumber(
            forBytes: Forwarding.Limits.blankSize, onTrack: track, at: now)
        guard
            let ssrc = viewer!.tracks[track].writeBlankHeader(
                outgoing, transportSequence: number, into: &arena)
        else { return }
        let bodyStart = arena.count
        arena.append(1 as UInt8)
        connection!.transport.sealer!.seal(
            headerStart: start, bodyStart: bodyStart, payload: RawSpan(), ssrc: ssrc.rawValue,
            sequence: outgoing.sequenceNumber, rollover: outgoing.rollover, into: &arena)
    }

    /// Writes the header of a packet for one of the viewer's tracks, and seals the payload from the
    /// history to behind it.
    @inline(__always)
    mutating func write(
        _ entry: PacketHistory.Entry, of history: borrowing PacketHistory,
        as outgoing: OutgoingTrack.Outgoing, onTrack track: Int, at now: Instant,
        into arena: inout ByteWriter, batch: inout SRTPBatch
    ) {
        guard
            let beginning = begin(
                entry, of: history, as: outgoing, onTrack: track, at: now, into: &arena)
        else { return }
        finish(beginning, of: entry, of: history, as: outgoing, into: &arena, batch: &batch)
    }

    /// A packet of which all that is the viewer's own is written, in the clear.
    struct Beginning {
        var headerStart: Int
        /// Where the header ends; what is behind it belongs to the payload.
        var bodyStart: Int
        /// What changes with each time that the packet is sent, from the header's start.
        var changing: Range<Int>
        /// How many bytes of the kept payload it stands for.
        var replaced: Int
        var ssrc: SSRC
    }

    /// Writes a packet's beginning; `nil`, with nothing written, between sources.
    @inline(__always)
    mutating func begin(
        _ entry: PacketHistory.Entry, of history: borrowing PacketHistory,
        as outgoing: OutgoingTrack.Outgoing, onTrack track: Int, at now: Instant,
        into arena: inout ByteWriter
    ) -> Beginning? {
        let start = arena.count
        let number = viewer!.takeTransportNumber(
            forBytes: entry.wireSize - viewer!.tracks[track].redundantSize(of: entry),
            onTrack: track, at: now)
        guard
            let fields = viewer!.tracks[track].fields(
                of: outgoing, entry, transportSequence: number)
        else { return nil }
        let changing = viewer!.tracks[track].writeHeader(
            fields, of: entry, in: history, into: &arena)
        let bodyStart = arena.count
        let replaced = viewer!.tracks[track].writePayloadStart(
            fields, of: entry, in: history, into: &arena)
        return Beginning(
            headerStart: start, bodyStart: bodyStart,
            changing: changing.lowerBound - start..<changing.upperBound - start,
            replaced: replaced, ssrc: fields.ssrc)
    }

    /// Seals what was begun, and the rest of the payload from the history to behind it.
    @inline(__always)
    mutating func finish(
        _ beginning: Beginning, of entry: PacketHistory.Entry, of history: borrowing PacketHistory,
        as outgoing: OutgoingTrack.Outgoing, into arena: inout ByteWriter, batch: inout SRTPBatch
    ) {
        connection!.transport.sealer!.seal(
            headerStart: beginning.headerStart, bodyStart: beginning.bodyStart,
            payload: history.payload(of: entry).extracting(
                beginning.replaced..<entry.payloadSize),
            ssrc: beginning.ssrc.rawValue, sequence: outgoing.sequenceNumber,
            rollover: outgoing.rollover, into: &arena, batch: &batch)
    }

    /// Whether a packet can be sent once more without giving the authentication key away: see
    /// ``SRTPSealer``. Over RTX it has a number of its own. Without, with GCM, it would have to be
    /// the same packet, which one with a new transport-wide number is not; nor, perhaps, one of which it
    /// turned out later what it is of its stream's layers (``ReceiveStream``, for AV1).
    mutating func mayRepeat(_ repair: OutgoingTrack.Repair, onTrack track: Int) -> Bool {
        let format = repair.source.format
        if viewer!.tracks[track].configuration.retransmissionSSRC != nil,
            format.retransmissionPayloadType != nil
        {
            return true
        }
        guard connection?.transport.sealer?.profile == .aeadAES128GCM else { return true }
        return viewer!.transportWide & 1 << UInt64(track) == 0 && format.codec != .av1
    }

    /// Writes and seals a retransmission: over RTX when the viewer has it (RFC 4588), as the same
    /// packet once more when not.
    mutating func write(
        _ repair: OutgoingTrack.Repair, of entry: PacketHistory.Entry,
        from history: borrowing PacketHistory, onTrack track: Int, at now: Instant,
        into arena: inout ByteWriter
    ) {
        guard let timestamp = viewer!.tracks[track].timestamp(of: repair, for: entry) else {
            return
        }
        let transportNumber = viewer!.takeTransportNumber(
            forBytes: entry.wireSize, onTrack: track, at: now)
        let (fields, sequence, usesRTX) = viewer!.tracks[track].fields(
            of: repair, entry, timestamp: timestamp, transportSequence: transportNumber)
        let start = arena.count
        _ = viewer!.tracks[track].writeHeader(fields, of: entry, in: history, into: &arena)
        let bodyStart = arena.count
        if usesRTX { arena.append(UInt16(truncatingIfNeeded: repair.outgoingSequence)) }
        let replaced = viewer!.tracks[track].writePayloadStart(
            fields, of: entry, in: history, into: &arena)
        connection!.transport.sealer!.seal(
            headerStart: start, bodyStart: bodyStart,
            payload: history.payload(of: entry).extracting(replaced..<entry.payloadSize),
            ssrc: fields.ssrc.rawValue, sequence: fields.sequence,
            rollover: UInt32(truncatingIfNeeded: sequence >> 16), into: &arena)
    }
}
