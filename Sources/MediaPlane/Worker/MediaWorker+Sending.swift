internal import Congestion
internal import DatagramIO
internal import Forwarding
internal import MediaSecurity
internal import Peering
internal import Primitives
internal import RTP

// The packet path: no allocation, no lock, no dictionary, no existential.

extension MediaWorker {
    /// Sends viewers whose time has come what they are to get: so many that what comes in the meantime
    /// does not wait for long.
    mutating func sendDue(at now: Instant, into sink: inout some DatagramSink & ~Copyable) {
        sendClock = max(sendClock, now)
        var left = Limits.sentDatagrams
        while left > 0, let viewer = schedule.pop(at: now) {
            // A viewer who got nothing has had a turn, too.
            left -= max(1, sendPending(to: viewer, at: now, into: &sink))
        }
    }

    /// Sends a viewer all sound that it has not got, and of the pictures what its pacer lets through.
    /// - Returns: how many packets.
    private mutating func sendPending(
        to viewer: Int, at now: Instant, into sink: inout some DatagramSink & ~Copyable
    ) -> Int {
        let pending = schedule.tracks(of: viewer)
        let heldUntil = schedule.heldUntil(viewer)
        guard let destination = peers[viewer].remoteAddress else {
            schedule.settle(viewer, leaving: 0)
            return 0
        }
        let pictures = pending & peers[viewer].viewer!.pictures
        var sound = Portion.unlimited
        var sounds = pending & ~pictures
        while sounds != 0 {
            let track = sounds.trailingZeroBitCount
            sounds &= sounds - 1
            beginSound(onTrack: track, of: viewer, at: now)
            _ = forward(
                track, of: viewer, within: &sound, to: destination, heldUntil: heldUntil, at: now,
                into: &sink)
        }
        guard pictures != 0 || peers[viewer].viewer!.wantsProbe() else {
            schedule.settle(viewer, leaving: 0)
            return sound.packets
        }
        return sound.packets
            + sendPictures(
                pictures, to: viewer, at: destination, heldUntil: heldUntil, at: now, into: &sink)
    }

    /// Sends of a viewer's pictures what its pacer lets through, a track after the other.
    private mutating func sendPictures(
        _ pending: UInt64, to viewer: Int, at destination: TransportAddress, heldUntil: Instant,
        at now: Instant, into sink: inout some DatagramSink & ~Copyable
    ) -> Int {
        var left = pending
        var portion = peers[viewer].viewer!.openPortion(at: now)
        // Tracks after the one that had its turn last come first.
        var turn = left & (.max << UInt64(peers[viewer].viewer!.lastPicture + 1))
        while !portion.isUsedUp, left != 0 {
            if turn == 0 { turn = left }
            let track = turn.trailingZeroBitCount
            turn &= turn - 1
            let isDone = forward(
                track, of: viewer, within: &portion, to: destination, heldUntil: heldUntil,
                at: now, into: &sink)
            peers[viewer].viewer!.lastPicture = track
            if isDone { left &= ~(1 << UInt64(track)) }
        }
        let isProbing =
            left == 0 && probe(viewer, within: &portion, at: destination, at: now, into: &sink)
        peers[viewer].viewer!.close(portion, at: now)
        schedule.settle(viewer, leaving: left)
        if left != 0 || isProbing {
            schedule.hold(
                viewer, until: max(peers[viewer].viewer!.pacing.opensAt, now + Limits.leastPause),
                at: now)
        }
        return portion.packets
    }

    /// Sends a viewer what it has already, over RTX, as far as its estimator wants more than there is: a
    /// measure of what its network carries, and a repair of what was lost unnoticed. Where it has
    /// nothing, padding does.
    /// - Returns: whether there is more to be sent for it.
    private mutating func probe(
        _ viewer: Int, within portion: inout Portion, at destination: TransportAddress,
        at now: Instant, into sink: inout some DatagramSink & ~Copyable
    ) -> Bool {
        while peers[viewer].viewer!.wantsProbe() {
            // What was sent until now may have been all that could go in this turn.
            guard !portion.isUsedUp else { return peers[viewer].viewer!.canProbe() }
            if let (track, repair) = peers[viewer].viewer!.newestRepair(), let entry = kept(repair)
            {
                send(repair, of: entry, to: viewer, track: track, at: destination, into: &sink)
                portion.take(entry.wireSize)
            } else if let track = peers[viewer].viewer!.paddingTrack() {
                sendPadding(to: viewer, track: track, at: destination, into: &sink)
                portion.take(Forwarding.Limits.paddingSize)
            } else {
                return false
            }
            counters.probesSent += 1
        }
        return false
    }

    /// Begins a track of sound with the newest packet, when what it gets is another stream than before.
    private mutating func beginSound(onTrack track: Int, of viewer: Int, at now: Instant) {
        let target = peers[viewer].viewer!.targets[track]
        guard target >= 0, peers[viewer].viewer!.tracks[track].source?.stream != target,
            streams.isOccupied(target), let newest = streams[target].newest,
            let entry = streams[target].history.entry(newest)
        else { return }
        begin(
            target, with: entry,
            on: Subscriber(peer: Int32(viewer), track: Int32(track)), at: now)
    }

    /// Forwards what a viewer's track has not got of its stream, oldest first.
    /// - Returns: whether nothing is left.
    mutating func forward(
        _ track: Int, of viewer: Int, within portion: inout Portion,
        to destination: TransportAddress, heldUntil: Instant, at now: Instant,
        into sink: inout some DatagramSink & ~Copyable
    ) -> Bool {
        guard let source = peers[viewer].viewer!.tracks[track].feed,
            isPresent(source.stream, source.generation), isForwarded(source.stream),
            let newest = streams[source.stream].newest,
            var next = peers[viewer].viewer!.tracks[track].next
        else { return true }
        next = max(next, newest - streams[source.stream].history.capacity + 1)
        while next <= newest, !portion.isUsedUp {
            if let entry = streams[source.stream].history.entry(next),
                let outgoing = peers[viewer].viewer!.tracks[track].forward(entry, at: now)
            {
                makeRoom(into: &sink)
                send(
                    entry, of: source.stream, as: outgoing, to: viewer, track: track,
                    at: destination, heldUntil: heldUntil)
                portion.take(entry.wireSize)
            }
            next += 1
        }
        peers[viewer].viewer!.tracks[track].advance(to: next)
        return next > newest
    }

    /// Writes, seals and queues one packet.
    @inline(__always)
    mutating func send(
        _ entry: PacketHistory.Entry, of stream: Int, as outgoing: OutgoingTrack.Outgoing,
        to peer: Int, track: Int, at destination: TransportAddress, heldUntil: Instant
    ) {
        let start = queue.arena.count
        forwardedTimes.append((entry.received, max(entry.received, heldUntil)))
        Self.write(
            entry, of: stream, in: streams, as: outgoing, to: peer, in: &peers, track: track,
            at: sendClock, into: &queue.arena, batch: &batch)
        counters.packetsForwarded += 1
        counters.bytesForwarded += UInt64(queue.arena.count - start)
        queue.commit(from: start, to: destination, via: peers[peer].local)
    }

    // The tables are passed one by one: through `self` the compiler takes a borrowed stream and a
    // changing peer for overlapping accesses.

    @inline(__always)
    private static func write(
        _ entry: PacketHistory.Entry, of stream: Int,
        in streams: borrowing SlotTable<ReceiveStream>, as outgoing: OutgoingTrack.Outgoing,
        to peer: Int, in peers: inout SlotTable<Peer>, track: Int, at now: Instant,
        into arena: inout ByteWriter, batch: inout SRTPBatch
    ) {
        peers[peer].write(
            entry, of: streams[stream].history, as: outgoing, onTrack: track, at: now,
            into: &arena, batch: &batch)
    }

    private static func write(
        _ repair: OutgoingTrack.Repair, of entry: PacketHistory.Entry,
        in streams: borrowing SlotTable<ReceiveStream>, to peer: Int,
        in peers: inout SlotTable<Peer>, track: Int, at now: Instant,
        into arena: inout ByteWriter
    ) {
        peers[peer].write(
            repair, of: entry, from: streams[repair.source.stream].history, onTrack: track,
            at: now, into: &arena)
    }

    /// Answers a NACK with what is still kept: over RTX when the viewer has it (RFC 4588), as the
    /// same packet once more when not.
    mutating func resend(
        _ number: SequenceNumber, to peer: Int, track: Int, at now: Instant,
        into sink: inout some DatagramSink & ~Copyable
    ) {
        guard let destination = peers[peer].remoteAddress,
            let repair = peers[peer].viewer!.tracks[track].repair(number)
        else { return }
        guard let entry = kept(repair),
            peers[peer].viewer!.tracks[track].admit(
                repair, at: now, roundTrip: peers[peer].network.roundTrip)
        else { return }
        send(repair, of: entry, to: peer, track: track, at: destination, into: &sink)
        counters.retransmitted += 1
    }

    /// Whether the stream that a source speaks of is still here, and no other in its place.
    @inline(__always)
    private func isPresent(_ stream: Int, _ generation: UInt32) -> Bool {
        streams.isOccupied(stream) && streams.generation(of: stream) == generation
    }

    /// The packet that would be sent again, if it is still kept.
    private func kept(_ repair: OutgoingTrack.Repair) -> PacketHistory.Entry? {
        guard isPresent(repair.source.stream, repair.source.generation) else { return nil }
        return streams[repair.source.stream].history.entry(repair.sourceSequence)
    }

    /// Writes, seals and queues a packet once more.
    private mutating func send(
        _ repair: OutgoingTrack.Repair, of entry: PacketHistory.Entry, to peer: Int, track: Int,
        at destination: TransportAddress, into sink: inout some DatagramSink & ~Copyable
    ) {
        makeRoom(into: &sink)
        let start = queue.arena.count
        Self.write(
            repair, of: entry, in: streams, to: peer, in: &peers, track: track, at: sendClock,
            into: &queue.arena)
        queue.commit(from: start, to: destination, via: peers[peer].local)
    }
}

extension MediaWorker {
    /// Writes, seals and queues a packet of nothing but padding.
    private mutating func sendPadding(
        to peer: Int, track: Int, at destination: TransportAddress,
        into sink: inout some DatagramSink & ~Copyable
    ) {
        makeRoom(into: &sink)
        let start = queue.arena.count
        peers[peer].writePadding(onTrack: track, at: sendClock, into: &queue.arena)
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

    /// Writes the header of a packet for one of the viewer's tracks, and seals the payload from the
    /// history to behind it.
    @inline(__always)
    mutating func write(
        _ entry: PacketHistory.Entry, of history: borrowing PacketHistory,
        as outgoing: OutgoingTrack.Outgoing, onTrack track: Int, at now: Instant,
        into arena: inout ByteWriter, batch: inout SRTPBatch
    ) {
        let start = arena.count
        let number = viewer!.takeTransportNumber(
            forBytes: entry.wireSize, onTrack: track, at: now)
        guard
            let ssrc = viewer!.tracks[track].writeHeader(
                entry, of: history, as: outgoing, transportSequence: number, into: &arena)
        else { return }
        connection!.transport.sealer!.seal(
            headerStart: start, payload: history.payload(of: entry), ssrc: ssrc.rawValue,
            sequence: outgoing.sequenceNumber, rollover: outgoing.rollover, into: &arena,
            batch: &batch)
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
        let format = repair.source.format
        let start = arena.count
        guard let ssrc = viewer!.tracks[track].configuration.retransmissionSSRC,
            let payloadType = format.retransmissionPayloadType
        else {
            let ssrc = viewer!.tracks[track].configuration.ssrc
            let number = UInt16(truncatingIfNeeded: repair.outgoingSequence)
            viewer!.tracks[track].writeHeader(
                entry, of: history, payloadType: format.payloadType, ssrc: ssrc,
                sequence: number, timestamp: timestamp, transportSequence: transportNumber,
                into: &arena)
            return connection!.transport.sealer!.seal(
                headerStart: start, payload: history.payload(of: entry), ssrc: ssrc.rawValue,
                sequence: number,
                rollover: UInt32(truncatingIfNeeded: repair.outgoingSequence >> 16),
                into: &arena)
        }
        let sequence = viewer!.tracks[track].nextRetransmissionSequence()
        let number = UInt16(truncatingIfNeeded: sequence)
        viewer!.tracks[track].writeHeader(
            entry, of: history, payloadType: payloadType, ssrc: ssrc, sequence: number,
            timestamp: timestamp, transportSequence: transportNumber, into: &arena)
        connection!.transport.sealer!.seal(
            headerStart: start, prefix: UInt16(truncatingIfNeeded: repair.outgoingSequence),
            payload: history.payload(of: entry), ssrc: ssrc.rawValue, sequence: number,
            rollover: UInt32(truncatingIfNeeded: sequence >> 16), into: &arena)
    }
}
