internal import Forwarding
internal import Peering
internal import Primitives
internal import Signalling

/// What of a publisher's media is passed on to its viewers.
package struct Forwarded: Hashable, Sendable {
    package var audio: Bool
    package var video: Bool

    package init(audio: Bool = true, video: Bool = true) {
        self.audio = audio
        self.video = video
    }
}

// Publishers whose sound or picture the control plane holds back: it arrives, is measured, and goes
// nowhere, neither on their own stage nor where they are replicated to.
extension MediaWorker {
    /// Holds for the publisher that is here and for those that come under that name later.
    mutating func setForwarding(
        of participant: ParticipantID, on stage: StageID, _ forwarded: Forwarded
    ) {
        let key = Origin(stage: stage, participant: participant)
        heldBack[key] = forwarded == Forwarded() ? nil : forwarded
        if let publisher = routes[stage]?.publishers[participant] {
            applyForwarding(to: publisher)
        }
    }

    /// Brings a publisher's tracks to what the control plane wants of them.
    mutating func applyForwarding(to publisher: Int) {
        let session = peers[publisher].session
        let key = Origin(stage: session.stage, participant: session.participant)
        let forwarded = heldBack[key] ?? Forwarded()
        for track in peers[publisher].publisher!.tracks.indices {
            let isVideo = peers[publisher].publisher!.tracks[track].offered.isVideo
            let isForwarded = isVideo ? forwarded.video : forwarded.audio
            guard peers[publisher].publisher!.tracks[track].isForwarded != isForwarded else {
                continue
            }
            peers[publisher].publisher!.tracks[track].isForwarded = isForwarded
            for stream in peers[publisher].publisher!.tracks[track].streams { restart(stream) }
            if isVideo, isForwarded { wish(publisher) }
        }
    }

    /// Lets the viewers of a stream begin anew when there is something to get: after a pause the
    /// numbers go on without a hole, and a picture starts with a keyframe.
    private mutating func restart(_ stream: Int) {
        for subscriber in streams[stream].subscribers + streams[stream].waiting {
            let peer = Int(subscriber.peer)
            let track = Int(subscriber.track)
            if peers[peer].viewer!.tracks[track].source?.stream == stream {
                peers[peer].viewer!.tracks[track].detach()
            }
            // One that was on its way to another layer waits there already.
            if peers[peer].viewer!.targets[track] == stream {
                streams[stream].restart(subscriber)
            } else {
                streams[stream].unsubscribe(subscriber)
            }
        }
    }

    /// Whether what arrives on a stream is passed on.
    @inline(__always)
    func isForwarded(_ stream: Int) -> Bool {
        let owner = owners[stream]
        return peers[owner.publisher].publisher!.tracks[owner.track].isForwarded
            && peers[owner.publisher].publisher!.tracks[owner.track].isAmongLoudest
    }
}
