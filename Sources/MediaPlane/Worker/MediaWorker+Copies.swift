internal import Congestion
internal import DatagramIO
internal import Forwarding
internal import Primitives

// To viewers whose network loses packets though it is not full, repairs go twice, and so do the packets around
// a change of layers. Docs/loss-recovery.md.

extension MediaWorker {
    /// Has what was just sent again sent once more, a little later, if that is of use; and twice where nothing of
    /// a picture can be seen without it.
    mutating func repeatLater(
        _ repair: OutgoingTrack.Repair, of entry: PacketHistory.Entry, to viewer: Int, track: Int,
        at now: Instant
    ) {
        guard peers[viewer].viewer!.takesCopies(onTrack: track) else { return }
        peers[viewer].viewer!.lossyUntil = now + Limits.lossMemory
        _ = noteCopy(
            of: repair.outgoingSequence, to: viewer, track: track,
            times: isBeginning(repair, entry) ? 2 : 1, at: now)
    }

    /// Whether a packet belongs to the frame that a layer began with.
    private func isBeginning(
        _ repair: OutgoingTrack.Repair, _ entry: PacketHistory.Entry
    ) -> Bool {
        streams[repair.source.stream].history.entry(repair.source.firstSequence)?.timestamp
            == entry.timestamp
    }

    /// Has the end of what a track got of a layer sent once more, when another layer is about to begin on it.
    mutating func repeatClosing(ofTrack track: Int, of viewer: Int, at now: Instant) {
        repeatEnd(ofTrack: track, of: viewer, packets: Limits.repeatedClosing, times: 1, at: now)
    }

    /// Has the end of the frame that a picture begins with sent twice more, once all of it has gone. What goes
    /// a round trip before the last packet is asked for, and comes, as soon.
    mutating func repeatOpening(ofTrack track: Int, of viewer: Int, at now: Instant) {
        guard hasOpened(track, of: viewer) else { return }
        peers[viewer].viewer!.openings &= ~(1 << UInt64(track))
        repeatEnd(ofTrack: track, of: viewer, packets: Limits.repeatedOpening, times: 2, at: now)
    }

    /// Whether all of the frame has gone that a track's source began with.
    private func hasOpened(_ track: Int, of viewer: Int) -> Bool {
        guard let source = peers[viewer].viewer!.tracks[track].source,
            isPresent(source.stream, source.generation),
            let first = streams[source.stream].history.entry(source.firstSequence),
            let last = streams[source.stream].history.entry(source.next - 1)
        else { return false }
        return last.marker || last.timestamp != first.timestamp
    }

    /// Has the newest packets of a track's source sent again unasked, a few at a time, to a viewer whose network
    /// loses packets: that the last of a frame is lost shows with the next frame only, and asking takes a round
    /// trip more, together 83 ms with 30 frames a second and 50 ms. No more than its network has room for in a
    /// round trip: copies that stand in a queue make everything late.
    private mutating func repeatEnd(
        ofTrack track: Int, of viewer: Int, packets: Int, times: Int, at now: Instant
    ) {
        guard now < peers[viewer].viewer!.lossyUntil,
            peers[viewer].viewer!.takesCopies(onTrack: track),
            let roundTrip = peers[viewer].network.roundTrip,
            let first = peers[viewer].viewer!.tracks[track].source?.firstOutgoing,
            let newest = peers[viewer].viewer!.tracks[track].newestRepair?.outgoingSequence
        else { return }
        let spare = peers[viewer].viewer!.sparePackets(in: roundTrip)
        for place in 0..<min(packets, spare, Int(newest - first) + 1) {
            let turn = now + Limits.copyPause * (place / Limits.copiesAtOnce)
            guard
                noteCopy(
                    of: newest - Int64(place), to: viewer, track: track, times: times, at: turn)
            else { return }
        }
    }

    /// Has what goes at `now` sent so many times more, a little later.
    /// - Returns: false when the budget has no room for it.
    private mutating func noteCopy(
        of sequence: Int64, to viewer: Int, track: Int, times: Int, at now: Instant
    ) -> Bool {
        guard peers[viewer].viewer!.tracks[track].admitCopy() else { return false }
        let isFirst = peers[viewer].viewer!.copies.isEmpty
        peers[viewer].viewer!.copies.add(sequence, onTrack: track, times: times, at: now)
        if isFirst { awaitCopies(of: viewer) }
        return true
    }

    private mutating func awaitCopies(of viewer: Int) {
        guard let soonest = peers[viewer].viewer!.copies.soonest else { return }
        wake(viewer, at: soonest, for: .copies)
    }

    /// Sends the copies that are due, unless the network has become full in the meantime.
    mutating func sendCopies(
        to viewer: Int, at now: Instant, into sink: inout some DatagramSink & ~Copyable
    ) {
        guard peers[viewer].viewer != nil else { return }
        while let copy = peers[viewer].viewer!.copies.pop(at: now) {
            guard let destination = peers[viewer].remoteAddress,
                peers[viewer].viewer!.takesCopies(onTrack: copy.track),
                let repair = peers[viewer].viewer!.tracks[copy.track].repair(of: copy.sequence),
                peers[viewer].mayRepeat(repair, onTrack: copy.track),
                let (repair, entry) = kept(repair, of: viewer, track: copy.track)
            else { continue }
            send(repair, of: entry, to: viewer, track: copy.track, at: destination, into: &sink)
            peers[viewer].viewer!.pacing.charge(bytes: entry.wireSize, at: now)
            counters.copiesSent += 1
            guard copy.left > 0, peers[viewer].viewer!.tracks[copy.track].admitCopy() else {
                continue
            }
            peers[viewer].viewer!.copies.add(
                copy.sequence, onTrack: copy.track, times: copy.left, at: now)
        }
        awaitCopies(of: viewer)
    }
}

extension Viewer {
    /// How many packets of a picture its network carries in so long besides what was set aside.
    mutating func sparePackets(in time: Duration) -> Int {
        guard let spare = spareRate() else { return .max }
        return Int(spare.bytes(in: time.nanoseconds / 1000)) / Int(PacingBudget.packetBytes)
    }

    /// Whether repairs of a track go twice: over RTX, where each has a number of its own, to somebody who tells
    /// what arrives. Where packets wait, they are lost because there are too many, and more would be lost.
    mutating func takesCopies(onTrack track: Int) -> Bool {
        transportWide & 1 << UInt64(track) != 0
            && tracks[track].configuration.retransmissionSSRC != nil
            && estimator!.queueDelay < Limits.standingQueue && !estimator!.isCompeting
    }
}
