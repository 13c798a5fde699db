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
        // The policy only looks at what arrives, so a later change is the publisher's doing.
        let reason: LayerReason =
            before?.participant == now.participant ? .publisher : .started
        report(
            .layer(
                peers[viewer].session.resource, of: now.participant, layer: now.layer, reason))
    }
}
