internal import Forwarding
internal import Primitives
internal import RTP

// What a viewer is spared whose network carries much less than a moment ago: all that is sent to it waits in
// a queue there, and the next keyframe behind it.

extension MediaWorker {
    /// Ends a layer at once, not with the keyframe of the lower one that a viewer is to get, when it would
    /// only fill the queue on the way.
    mutating func cutOff(
        _ source: Int, for stream: Int, on subscriber: Subscriber, at now: Instant
    ) {
        let viewer = Int(subscriber.peer)
        guard streams.isOccupied(source), streams[source].description.codec.isVideo,
            peers[viewer].viewer!.hasStandingQueue(),
            streams[stream].smoothedRate(at: now) < streams[source].smoothedRate(at: now)
        else { return }
        streams[source].unsubscribe(subscriber)
        peers[viewer].viewer!.tracks[Int(subscriber.track)].detach()
    }

    /// Whether a packet is sent again. What belongs to a layer that the viewer got before is not, where
    /// packets wait: the picture goes on without it, and it would keep back what does.
    mutating func isWorthwhile(
        _ repair: OutgoingTrack.Repair, to viewer: Int, track: Int
    ) -> Bool {
        repair.source.stream == peers[viewer].viewer!.tracks[track].source?.stream
            || !peers[viewer].viewer!.hasStandingQueue()
    }
}
