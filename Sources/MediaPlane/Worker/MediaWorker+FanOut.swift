internal import DatagramIO
internal import Forwarding
internal import MediaSecurity
internal import Peering
internal import Primitives
internal import RTP

// The packet path: no allocation, no lock, no dictionary, no existential.

extension MediaWorker {
    /// Forwards the fresh packets of every stream, viewer by viewer, so that what one viewer gets
    /// lies together in the queue and leaves as few messages.
    mutating func fanOut(at now: Instant, into sink: inout some DatagramSink & ~Copyable) {
        evenOut()
        for position in 0..<dirty.count {
            let stream = dirty[position]
            guard streams.isOccupied(stream) else { continue }
            guard isForwarded(stream) else {
                streams[stream].clearFresh()
                continue
            }
            startWaiting(on: stream, at: now, into: &sink)
            let count = streams[stream].subscribers.count
            noteForwarded(stream, copies: count)
            for index in 0..<count {
                if order.isFull { deliver(at: now, into: &sink) }
                order.append(stream, to: streams[stream].subscribers[index])
            }
        }
        deliver(at: now, into: &sink)
        for position in 0..<dirty.count where streams.isOccupied(dirty[position]) {
            streams[dirty[position]].clearFresh()
        }
        dirty.removeAll(keepingCapacity: true)
    }

    /// Makes what goes to the same viewers equal in size where a little padding does it.
    private mutating func evenOut() {
        var sounds = 0
        var largest = 0
        for position in 0..<dirty.count where streams.isOccupied(dirty[position]) {
            let stream = dirty[position]
            guard !streams[stream].description.codec.isVideo else {
                streams[stream].evenOut(limit: Forwarding.Limits.framePadding)
                continue
            }
            sounds += streams[stream].fresh.count
            largest = max(largest, streams[stream].largestFresh ?? 0)
        }
        guard sounds > 1 else { return }
        for position in 0..<dirty.count where streams.isOccupied(dirty[position]) {
            let stream = dirty[position]
            guard !streams[stream].description.codec.isVideo else { continue }
            streams[stream].evenOut(to: largest, limit: Forwarding.Limits.soundPadding)
        }
    }

    /// Forwards what is in ``order``.
    private mutating func deliver(
        at now: Instant, into sink: inout some DatagramSink & ~Copyable
    ) {
        for index in 0..<order.viewers.count {
            let viewer = order.viewers[index]
            var place = order.first(of: viewer)
            while place >= 0 {
                let (delivery, next) = order.delivery(at: place)
                forward(
                    Int(delivery.stream), to: Subscriber(peer: viewer, track: delivery.track),
                    at: now, into: &sink)
                place = next
            }
        }
        order.removeAll()
    }

    /// Starts whoever waits for a stream with the keyframe in its fresh packets, if one is there.
    private mutating func startWaiting(
        on stream: Int, at now: Instant, into sink: inout some DatagramSink & ~Copyable
    ) {
        guard !streams[stream].waiting.isEmpty, let first = streams[stream].freshKeyframe else {
            return
        }
        for position in 0..<streams[stream].waiting.count {
            let subscriber = streams[stream].waiting[position]
            begin(stream, with: first, on: subscriber, at: now)
            forwardOvertaking(first, of: stream, to: subscriber, at: now, into: &sink)
        }
        streams[stream].promoteWaiting()
    }

    /// Forwards what is newer than a keyframe's first packet but arrived before it: the network
    /// reordered them, or the keyframe was sent again.
    private mutating func forwardOvertaking(
        _ first: PacketHistory.Entry, of stream: Int, to subscriber: Subscriber, at now: Instant,
        into sink: inout some DatagramSink & ~Copyable
    ) {
        let peer = Int(subscriber.peer)
        let track = Int(subscriber.track)
        guard let destination = peers[peer].remoteAddress,
            let newest = streams[stream].newest, newest > first.sequence
        else { return }
        for sequence in first.sequence + 1...newest {
            guard let entry = streams[stream].history.entry(sequence),
                !streams[stream].fresh.contains(sequence),
                let outgoing = peers[peer].viewer!.tracks[track].forward(entry, at: now)
            else { continue }
            makeRoom(into: &sink)
            send(entry, of: stream, as: outgoing, to: peer, track: track, at: destination)
        }
    }

    /// Forwards a stream's fresh packets to one viewer.
    private mutating func forward(
        _ stream: Int, to subscriber: Subscriber, at now: Instant,
        into sink: inout some DatagramSink & ~Copyable
    ) {
        let peer = Int(subscriber.peer)
        let track = Int(subscriber.track)
        guard let destination = peers[peer].remoteAddress else { return }
        if peers[peer].viewer!.tracks[track].source?.stream != stream {
            // One that began another layer in this turn has left this one.
            guard streams[stream].subscribers.contains(subscriber),
                let first = streams[stream].history.entry(streams[stream].fresh[0])
            else {
                return
            }
            begin(stream, with: first, on: subscriber, at: now)
        }
        for position in 0..<streams[stream].fresh.count {
            guard let entry = streams[stream].history.entry(streams[stream].fresh[position]),
                let outgoing = peers[peer].viewer!.tracks[track].forward(entry, at: now)
            else { continue }
            makeRoom(into: &sink)
            send(entry, of: stream, as: outgoing, to: peer, track: track, at: destination)
        }
    }

    /// Writes, seals and queues one packet.
    @inline(__always)
    private mutating func send(
        _ entry: PacketHistory.Entry, of stream: Int, as outgoing: OutgoingTrack.Outgoing,
        to peer: Int, track: Int, at destination: TransportAddress
    ) {
        let start = queue.arena.count
        Self.write(
            entry, of: stream, in: streams, as: outgoing, to: peer, in: &peers, track: track,
            into: &queue.arena, batch: &batch)
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
        to peer: Int, in peers: inout SlotTable<Peer>, track: Int, into arena: inout ByteWriter,
        batch: inout SRTPBatch
    ) {
        peers[peer].write(
            entry, of: streams[stream].history, as: outgoing, onTrack: track, into: &arena,
            batch: &batch)
    }

    private static func write(
        _ repair: OutgoingTrack.Repair, of entry: PacketHistory.Entry,
        in streams: borrowing SlotTable<ReceiveStream>, to peer: Int,
        in peers: inout SlotTable<Peer>, track: Int, into arena: inout ByteWriter
    ) {
        peers[peer].write(
            repair, of: entry, from: streams[repair.source.stream].history, onTrack: track,
            into: &arena)
    }

    private mutating func noteForwarded(_ stream: Int, copies: Int) {
        guard copies > 0 else { return }
        for position in 0..<streams[stream].fresh.count {
            guard let entry = streams[stream].history.entry(streams[stream].fresh[position]),
                forwardedTimes.count < forwardedTimes.capacity
            else { continue }
            forwardedTimes.append((received: entry.received, copies: copies))
        }
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
        let source = repair.source
        guard streams.isOccupied(source.stream),
            streams.generation(of: source.stream) == source.generation,
            let entry = streams[source.stream].history.entry(repair.sourceSequence),
            peers[peer].viewer!.tracks[track].admit(
                repair, at: now, roundTrip: peers[peer].network.roundTrip)
        else { return }
        makeRoom(into: &sink)
        let start = queue.arena.count
        Self.write(
            repair, of: entry, in: streams, to: peer, in: &peers, track: track,
            into: &queue.arena)
        counters.retransmitted += 1
        queue.commit(from: start, to: destination, via: peers[peer].local)
    }
}

extension Peer {
    /// Writes the header of a packet for one of the viewer's tracks, and seals the payload from the
    /// history to behind it.
    @inline(__always)
    mutating func write(
        _ entry: PacketHistory.Entry, of history: borrowing PacketHistory,
        as outgoing: OutgoingTrack.Outgoing, onTrack track: Int, into arena: inout ByteWriter,
        batch: inout SRTPBatch
    ) {
        let start = arena.count
        guard
            let ssrc = viewer!.tracks[track].writeHeader(
                entry, of: history, as: outgoing, into: &arena)
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
        from history: borrowing PacketHistory, onTrack track: Int, into arena: inout ByteWriter
    ) {
        let format = repair.source.format
        let timestamp = repair.timestamp(of: entry)
        let start = arena.count
        guard let ssrc = viewer!.tracks[track].configuration.retransmissionSSRC,
            let payloadType = format.retransmissionPayloadType
        else {
            let ssrc = viewer!.tracks[track].configuration.ssrc
            let number = UInt16(truncatingIfNeeded: repair.outgoingSequence)
            viewer!.tracks[track].writeHeader(
                entry, of: history, payloadType: format.payloadType, ssrc: ssrc,
                sequence: number, timestamp: timestamp, into: &arena)
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
            timestamp: timestamp, into: &arena)
        connection!.transport.sealer!.seal(
            headerStart: start, prefix: UInt16(truncatingIfNeeded: repair.outgoingSequence),
            payload: history.payload(of: entry), ssrc: ssrc.rawValue, sequence: number,
            rollover: UInt32(truncatingIfNeeded: sequence >> 16), into: &arena)
    }
}
