internal import Congestion
internal import DatagramIO
internal import Forwarding
internal import Primitives

// Repairs go twice to viewers whose network loses packets though it is not full. Docs/loss-recovery.md.

extension MediaWorker {
    /// Has what was just sent again sent once more, a little later, if that is of use; and twice where nothing of
    /// a picture can be seen without it.
    mutating func repeatLater(
        _ repair: OutgoingTrack.Repair, of entry: PacketHistory.Entry, to viewer: Int, track: Int,
        at now: Instant
    ) {
        guard peers[viewer].viewer!.takesCopies(onTrack: track),
            peers[viewer].viewer!.tracks[track].admitCopy()
        else { return }
        let isFirst = peers[viewer].viewer!.copies.isEmpty
        peers[viewer].viewer!.copies.add(
            repair.outgoingSequence, onTrack: track, times: isBeginning(repair, entry) ? 2 : 1,
            at: now)
        if isFirst { awaitCopies(of: viewer) }
    }

    /// Whether a packet belongs to the frame that a layer began with.
    private func isBeginning(
        _ repair: OutgoingTrack.Repair, _ entry: PacketHistory.Entry
    ) -> Bool {
        streams[repair.source.stream].history.entry(repair.source.firstSequence)?.timestamp
            == entry.timestamp
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
    /// Whether repairs of a track go twice: over RTX, where each has a number of its own, to somebody who tells
    /// what arrives. Where packets wait, they are lost because there are too many, and more would be lost.
    mutating func takesCopies(onTrack track: Int) -> Bool {
        transportWide & 1 << UInt64(track) != 0
            && tracks[track].configuration.retransmissionSSRC != nil
            && estimator!.queueDelay < Limits.standingQueue && !estimator!.isCompeting
    }
}
