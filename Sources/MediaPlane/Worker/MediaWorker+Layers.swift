internal import Forwarding
internal import Primitives
internal import Signalling

// What viewers are told of the layers that they get.

extension MediaWorker {
    /// Tells the control plane when a viewer's picture now comes from another layer than before.
    mutating func noteLayer(_ stream: Int, onTrack track: Int, of viewer: Int) {
        guard peers[viewer].viewer!.tracks[track].configuration.isVideo else { return }
        let now = ShownLayer(
            participant: peers[owners[stream].publisher].session.participant,
            layer: streams[stream].description.rid)
        let before = peers[viewer].viewer!.shown[track]
        guard now != before else { return }
        peers[viewer].viewer!.shown[track] = now
        let isFirst = before?.participant != now.participant
        report(
            .layer(
                peers[viewer].session.resource, of: now.participant, layer: now.layer,
                isFirst ? .started : peers[viewer].viewer!.reasons[track]))
    }

    /// Tells the control plane that a viewer gets no picture of a publisher that it had one of, or that
    /// its network carries none from the beginning.
    mutating func notePause(
        of publisher: Int, onTrack track: Int, of viewer: Int, because reason: AllocationReason
    ) {
        let participant = peers[publisher].session.participant
        let now = ShownLayer(participant: participant, layer: nil)
        let before = peers[viewer].viewer!.shown[track]
        // One that has nothing yet is no pause.
        guard now != before, reason != .publisher else { return }
        peers[viewer].viewer!.shown[track] = now
        report(
            .layer(
                peers[viewer].session.resource, of: participant, layer: nil, LayerReason(reason)))
        reportSlots(of: viewer)
    }
}
