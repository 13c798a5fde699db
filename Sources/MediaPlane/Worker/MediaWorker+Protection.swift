internal import Congestion
internal import DatagramIO
internal import Forwarding
internal import MediaSecurity
internal import Peering
internal import Primitives
internal import RTP

// Repair packets (FlexFEC-03) for viewers who take them, while their network loses much and is far away.
// Docs/loss-recovery.md.

extension MediaWorker {
    // MARK: - Who is protected

    /// Notes which of a viewer's packets were lost, as the newest feedback says.
    mutating func noteLosses(of viewer: Int) {
        guard peers[viewer].viewer!.takesRepairs else { return }
        // One that was called lost before and has come late does not count twice.
        for packet in packetResults.packets where !packet.wasLost {
            peers[viewer].viewer!.losses.note(isLost: packet.arrival == nil)
        }
    }

    /// Looks whether a viewer's picture is to be protected, and how.
    ///
    /// - Parameters:
    ///   - media: what the picture takes.
    ///   - room: what the network carries besides all that is sent; `nil` while nobody knows.
    mutating func protect(
        _ track: Int, of viewer: Int, media: DataRate, room: DataRate?, at now: Instant
    ) {
        guard peers[viewer].viewer!.protections[track] != nil else { return }
        let losses = peers[viewer].viewer!.losses
        let isChanged = peers[viewer].viewer!.protections[track]!.policy.update(
            losses, roundTrip: peers[viewer].network.roundTrip, media: media,
            target: room.map(media.adding),
            at: now)
        guard isChanged else { return }
        guard let protection = peers[viewer].viewer!.protections[track]!.policy.protection else {
            return endProtection(ofTrack: track, of: viewer)
        }
        if let encoder = peers[viewer].viewer!.protections[track]!.encoder {
            // The group that is under way ends as it began.
            if encoders[encoder].count == 0 { encoders[encoder].reset(rows: protection.rows) }
        } else if let encoder = encoders.insert(FlexFECEncoder(rows: protection.rows)) {
            peers[viewer].viewer!.protections[track]!.encoder = encoder
            peers[viewer].viewer!.protected |= 1 << UInt64(track)
        }
    }

    private mutating func endProtection(ofTrack track: Int, of viewer: Int) {
        guard let encoder = peers[viewer].viewer!.protections[track]?.encoder else { return }
        encoders.remove(encoder)
        peers[viewer].viewer!.protections[track]!.encoder = nil
        peers[viewer].viewer!.protected &= ~(1 << UInt64(track))
    }

    /// Gives back what a viewer's repair packets take, who leaves.
    mutating func endProtections(of viewer: Int) {
        guard peers[viewer].viewer?.takesRepairs == true else { return }
        for track in 0..<peers[viewer].viewer!.protections.count {
            endProtection(ofTrack: track, of: viewer)
        }
    }

    // MARK: - Sending

    /// Writes, seals and queues one packet of a protected picture, and the repair packets of the group
    /// that it ends.
    /// - Returns: the bytes of the repair packets.
    mutating func sendProtected(
        _ entry: PacketHistory.Entry, of stream: Int, as outgoing: OutgoingTrack.Outgoing,
        to peer: Int, track: Int, at destination: TransportAddress, heldUntil: Instant,
        into sink: inout some DatagramSink & ~Copyable
    ) -> Int {
        guard let encoder = peers[peer].viewer!.protections[track]?.encoder else { return 0 }
        var size = 0
        if encoders[encoder].isPast(outgoing.sequenceNumber) {
            size += endGroup(ofTrack: track, of: peer, at: destination, into: &sink)
            makeRoom(into: &sink)
        }
        let start = queue.arena.count
        let isFirst = encoders[encoder].count == 0
        forwardedTimes.append((entry.received, max(entry.received, heldUntil)))
        Self.write(
            entry, of: stream, in: streams, as: outgoing, to: peer, in: &peers, track: track,
            at: sendClock, into: &queue.arena, batch: &batch, protectedBy: &encoders[encoder])
        counters.bytesForwarded += UInt64(queue.arena.count - start)
        queue.commit(from: start, to: destination, via: peers[peer].local)
        if isFirst { peers[peer].viewer!.protections[track]!.groupBegan = sendClock }
        if isGroupWhole(
            ofTrack: track, of: peer, endsFrame: outgoing.layers?.marker ?? entry.marker)
        {
            size += endGroup(ofTrack: track, of: peer, at: destination, into: &sink)
        }
        return size
    }

    private func isGroupWhole(ofTrack track: Int, of viewer: Int, endsFrame: Bool) -> Bool {
        guard let protection = peers[viewer].viewer!.protections[track],
            let encoder = protection.encoder, let shape = protection.policy.protection
        else { return false }
        return encoders[encoder].count >= shape.groupSize
            || endsFrame && sendClock - protection.groupBegan >= Forwarding.Limits.repairDelay
    }

    /// Sends a group's repair packets, and begins the next one.
    private mutating func endGroup(
        ofTrack track: Int, of viewer: Int, at destination: TransportAddress,
        into sink: inout some DatagramSink & ~Copyable
    ) -> Int {
        guard let protection = peers[viewer].viewer!.protections[track],
            let encoder = protection.encoder, let shape = protection.policy.protection
        else { return 0 }
        var size = 0
        for row in 0..<encoders[encoder].rowCount where encoders[encoder].repairSize(row) > 0 {
            makeRoom(into: &sink)
            let start = queue.arena.count
            Self.writeRepair(
                row, of: encoder, in: encoders, to: viewer, in: &peers, track: track,
                at: sendClock, into: &queue.arena)
            size += queue.arena.count - start
            queue.commit(from: start, to: destination, via: peers[viewer].local)
            counters.repairsSent += 1
        }
        encoders[encoder].reset(rows: shape.rows)
        return size
    }

    // The tables are passed one by one, because through `self` the accesses would overlap.

    private static func write(
        _ entry: PacketHistory.Entry, of stream: Int,
        in streams: borrowing SlotTable<ReceiveStream>, as outgoing: OutgoingTrack.Outgoing,
        to peer: Int, in peers: inout SlotTable<Peer>, track: Int, at now: Instant,
        into arena: inout ByteWriter, batch: inout SRTPBatch,
        protectedBy encoder: inout FlexFECEncoder
    ) {
        guard
            let beginning = peers[peer].begin(
                entry, of: streams[stream].history, as: outgoing, onTrack: track, at: now,
                into: &arena)
        else { return }
        _ = encoder.protect(
            header: arena.bytes(in: beginning.headerStart..<arena.count),
            changing: beginning.changing,
            payload: streams[stream].history.payload(of: entry).extracting(
                beginning.replaced..<entry.payloadSize))
        peers[peer].finish(
            beginning, of: entry, of: streams[stream].history, as: outgoing, into: &arena,
            batch: &batch)
    }

    private static func writeRepair(
        _ row: Int, of encoder: Int, in encoders: borrowing SlotTable<FlexFECEncoder>,
        to peer: Int, in peers: inout SlotTable<Peer>, track: Int, at now: Instant,
        into arena: inout ByteWriter
    ) {
        peers[peer].writeRepair(row, of: encoders[encoder], onTrack: track, at: now, into: &arena)
    }
}

extension Peer {
    /// Writes and seals a repair packet on its own stream.
    fileprivate mutating func writeRepair(
        _ row: Int, of encoder: borrowing FlexFECEncoder, onTrack track: Int, at now: Instant,
        into arena: inout ByteWriter
    ) {
        viewer!.protections[track]!.sequence += 1
        let sequence = viewer!.protections[track]!.sequence
        let number = viewer!.takeTransportNumber(
            forBytes: encoder.repairSize(row) + Forwarding.Limits.repairOverhead, onTrack: track,
            at: now)
        let start = arena.count
        guard
            let ssrc = viewer!.tracks[track].writeRepairHeader(
                sequence: sequence, transportSequence: number, into: &arena)
        else { return }
        let bodyStart = arena.count
        _ = encoder.write(
            row, protecting: viewer!.tracks[track].configuration.ssrc, into: &arena)
        connection!.transport.sealer!.seal(
            headerStart: start, bodyStart: bodyStart, payload: RawSpan(), ssrc: ssrc.rawValue,
            sequence: UInt16(truncatingIfNeeded: sequence),
            rollover: UInt32(truncatingIfNeeded: sequence >> 16), into: &arena)
    }
}
