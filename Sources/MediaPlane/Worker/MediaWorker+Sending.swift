internal import Congestion
internal import DatagramIO
internal import Forwarding
internal import MediaSecurity
internal import Peering
internal import Primitives
internal import RTP

// The packet path: no allocation, no lock, no dictionary, no existential.

/// A packet that a viewer is sent once more unasked: the next in turn, or the newest for want of one.
private typealias Repetition = (
    track: Int, repair: OutgoingTrack.Repair, entry: PacketHistory.Entry, isInTurn: Bool
)

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
        for track in SetBits(pending & ~pictures) {
            beginSound(onTrack: track, of: viewer, at: now)
            passOver(onTrack: track, of: viewer, at: now)
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
            let again = repairForProbe(of: viewer, at: now)
            let padded = again == nil ? peers[viewer].viewer!.paddingTrack() : nil
            guard again != nil || padded != nil else { return false }
            // What was sent until now may have been all that could go in this turn.
            guard !portion.isUsedUp else { return true }
            if let (track, repair, entry, isInTurn) = again {
                if isInTurn { peers[viewer].viewer!.repeated[track] = repair.outgoingSequence }
                send(repair, of: entry, to: viewer, track: track, at: destination, into: &sink)
                portion.take(entry.wireSize)
            } else if let padded {
                sendPadding(to: viewer, track: padded, at: destination, into: &sink)
                portion.take(Forwarding.Limits.paddingSize)
            }
            counters.probesSent += 1
        }
        return false
    }

    /// What of a viewer's pictures is sent once more next: what went a while ago and has not been repeated yet,
    /// one after the other, or else the newest.
    private mutating func repairForProbe(of viewer: Int, at now: Instant) -> Repetition? {
        var newest: Repetition?
        for track in SetBits(peers[viewer].viewer!.pictures) {
            guard let last = peers[viewer].viewer!.tracks[track].newestRepair,
                peers[viewer].viewer!.tracks[track].configuration.retransmissionSSRC != nil,
                peers[viewer].mayRepeat(last, onTrack: track)
            else { continue }
            let first = max(
                peers[viewer].viewer!.repeated[track] + 1,
                last.outgoingSequence - Limits.repeatedPackets)
            if first <= last.outgoingSequence,
                let repair = peers[viewer].viewer!.tracks[track].repair(of: first),
                let (repair, entry) = kept(repair, of: viewer, track: track),
                now - entry.received >= Limits.repetitionDelay
            {
                return (track, repair, entry, true)
            }
            if newest == nil, let (repair, entry) = kept(last, of: viewer, track: track) {
                newest = (track, repair, entry, false)
            }
        }
        return newest
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
        guard let (stream, pending) = pending(track, of: viewer), isForwarded(stream) else {
            return true
        }
        var next = pending.lowerBound
        while next < pending.upperBound, !portion.isUsedUp {
            if let entry = streams[stream].history.entry(next) {
                forward(
                    entry, of: stream, to: viewer, track: track, within: &portion,
                    at: destination, heldUntil: heldUntil, now, into: &sink)
            }
            next += 1
        }
        peers[viewer].viewer!.tracks[track].advance(to: next)
        if peers[viewer].viewer!.openings & 1 << UInt64(track) != 0 {
            repeatOpening(ofTrack: track, of: viewer, at: now)
        }
        askForLayers(of: stream, to: viewer, track: track)
        return next == pending.upperBound
    }

    /// What a viewer's track has not got of the stream that feeds it, as far as it is kept; `nil` without one.
    @inline(__always)
    func pending(_ track: Int, of viewer: Int) -> (stream: Int, sequences: Range<Int64>)? {
        guard let source = peers[viewer].viewer!.tracks[track].feed,
            isPresent(source.stream, source.generation),
            let newest = streams[source.stream].newest,
            let next = peers[viewer].viewer!.tracks[track].next
        else { return nil }
        let first = max(next, newest - streams[source.stream].history.capacity + 1)
        return (source.stream, first..<max(first, newest + 1))
    }

    /// Forwards a packet, if the viewer is to get it.
    @inline(__always)
    mutating func forward(
        _ entry: PacketHistory.Entry, of stream: Int, to viewer: Int, track: Int,
        within portion: inout Portion, at destination: TransportAddress, heldUntil: Instant,
        _ now: Instant, into sink: inout some DatagramSink & ~Copyable
    ) {
        let info = streams[stream].history.info(of: entry)
        var passage = peers[viewer].viewer!.tracks[track].forward(
            entry, info, structure: streams[stream].structure(for: info), at: now)
        if passage == .restart {
            begin(
                stream, with: entry, on: Subscriber(peer: Int32(viewer), track: Int32(track)),
                at: now)
            passage = peers[viewer].viewer!.tracks[track].forward(
                entry, info, structure: streams[stream].structure(for: info), at: now)
        }
        switch passage {
        case .sent(let outgoing):
            makeRoom(into: &sink)
            let repairs = send(
                entry, of: stream, as: outgoing, to: viewer, track: track, at: destination,
                heldUntil: heldUntil, into: &sink)
            portion.take(entry.wireSize + repairs)
        case .blank(let outgoing):
            sendBlank(outgoing, to: viewer, track: track, at: destination, into: &sink)
        case .omitted, .restart: break
        }
    }

    /// Asks for a keyframe when nothing else brings the layers that a viewer is to get.
    private mutating func askForLayers(of stream: Int, to viewer: Int, track: Int) {
        guard peers[viewer].viewer!.tracks[track].needsKeyframe() else { return }
        streams[stream].keyframes.want()
        wish(owners[stream].publisher)
    }

    /// Writes, seals and queues one packet.
    /// - Returns: the bytes of the repair packets that went behind it.
    @inline(__always)
    mutating func send(
        _ entry: PacketHistory.Entry, of stream: Int, as outgoing: OutgoingTrack.Outgoing,
        to peer: Int, track: Int, at destination: TransportAddress, heldUntil: Instant,
        into sink: inout some DatagramSink & ~Copyable
    ) -> Int {
        counters.packetsForwarded += 1
        guard peers[peer].viewer!.protected & 1 << UInt64(track) == 0 else {
            return sendProtected(
                entry, of: stream, as: outgoing, to: peer, track: track, at: destination,
                heldUntil: heldUntil, into: &sink)
        }
        let start = queue.arena.count
        forwardedTimes.append((entry.received, max(entry.received, heldUntil)))
        Self.write(
            entry, of: stream, in: streams, as: outgoing, to: peer, in: &peers, track: track,
            at: sendClock, into: &queue.arena, batch: &batch)
        counters.bytesForwarded += UInt64(queue.arena.count - start)
        queue.commit(from: start, to: destination, via: peers[peer].local)
        return 0
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
    /// same packet once more when not, if that can be the same to the last bit.
    mutating func resend(
        _ number: SequenceNumber, to peer: Int, track: Int, at now: Instant,
        into sink: inout some DatagramSink & ~Copyable
    ) {
        guard let destination = peers[peer].remoteAddress,
            let repair = peers[peer].viewer!.tracks[track].repair(number),
            isWorthwhile(repair, to: peer, track: track)
        else { return }
        guard peers[peer].mayRepeat(repair, onTrack: track) else {
            counters.resendsRefused += 1
            return
        }
        guard let (repair, entry) = kept(repair, of: peer, track: track),
            peers[peer].viewer!.tracks[track].admit(
                repair, at: now, roundTrip: peers[peer].network.roundTrip)
        else { return }
        send(repair, of: entry, to: peer, track: track, at: destination, into: &sink)
        peers[peer].viewer!.pacing.charge(bytes: entry.wireSize, at: now)
        counters.retransmitted += 1
        repeatLater(repair, of: entry, to: peer, track: track, at: now)
    }

    /// Whether the stream that a source speaks of is still here, and no other in its place.
    @inline(__always)
    func isPresent(_ stream: Int, _ generation: UInt32) -> Bool {
        streams.isOccupied(stream) && streams.generation(of: stream) == generation
    }

    /// The packet that would be sent again, if it is still kept.
    func kept(
        _ repair: OutgoingTrack.Repair, of viewer: Int, track: Int
    ) -> (OutgoingTrack.Repair, PacketHistory.Entry)? {
        let stream = repair.source.stream
        guard isPresent(stream, repair.source.generation),
            let entry = streams[stream].history.entry(repair.sourceSequence)
        else { return nil }
        let info = streams[stream].history.info(of: entry)
        return peers[viewer].viewer!.tracks[track].complete(repair, info).map { ($0, entry) }
    }

    /// Writes, seals and queues a packet once more.
    mutating func send(
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
