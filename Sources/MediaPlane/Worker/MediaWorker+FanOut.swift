internal import Congestion
internal import DatagramIO
internal import Forwarding
internal import MediaSecurity
internal import Peering
internal import Primitives
internal import RTP

// The packet path: no allocation, no lock, no dictionary, no existential.

extension MediaWorker {
    /// Has the viewers of every stream with fresh packets sent what they have not got: in
    /// ``sendDue(at:into:)``, viewer by viewer, so that what one viewer gets leaves as few messages.
    mutating func fanOut(at now: Instant, into sink: inout some DatagramSink & ~Copyable) {
        for position in 0..<dirty.count {
            let stream = dirty[position]
            guard streams.isOccupied(stream) else { continue }
            watchLayers(besides: stream, at: now)
            if isForwarded(stream) {
                evenOut(stream)
                startWaiting(on: stream, at: now, into: &sink)
                forwardLate(stream, at: now, into: &sink)
                scheduleViewers(of: stream, at: now)
            }
            streams[stream].clearFresh()
        }
        dirty.removeAll(keepingCapacity: true)
        sendDue(at: now, into: &sink)
    }

    /// Makes what goes to the same viewers equal in size where a little padding does it: the packets of
    /// a frame, and the sound of several speakers.
    private mutating func evenOut(_ stream: Int) {
        guard !streams[stream].description.codec.isVideo else {
            return streams[stream].evenOut(limit: Forwarding.Limits.framePadding)
        }
        guard let others = peers[owners[stream].publisher].publisher!.soundOfOthers else { return }
        streams[stream].evenOut(
            to: max(others, streams[stream].recentWeight), limit: Forwarding.Limits.soundPadding)
    }

    /// Enters the subscribers of a stream that has something for them.
    private mutating func scheduleViewers(of stream: Int, at now: Instant) {
        let count = streams[stream].subscribers.count
        let moment = soundMoment(of: stream, listeners: count, at: now)
        for index in 0..<count {
            let subscriber = streams[stream].subscribers[index]
            let (viewer, track) = (Int(subscriber.peer), Int(subscriber.track))
            if let moment {
                schedule.enter(track: track, of: viewer, holdingUntil: moment, at: now)
            } else {
                schedule.enter(track: track, of: viewer, at: now)
            }
        }
    }

    /// Until when a stream's packets wait for the sound of others: each speaker's alone would be a message
    /// for each listener, and these cost as much as a frame's. `nil`: they do not.
    private func soundMoment(of stream: Int, listeners: Int, at now: Instant) -> Instant? {
        guard !streams[stream].description.codec.isVideo,
            peers[owners[stream].publisher].publisher!.soundOfOthers != nil
        else { return nil }
        return now
            + min(
                Forwarding.Limits.soundWaitPerListener * listeners,
                Forwarding.Limits.longestSoundWait)
    }

    /// Starts whoever waits for a stream with the keyframe in its fresh packets, if one is there: with
    /// the packets before that of what they got until now, and from the keyframe's first on.
    private mutating func startWaiting(
        on stream: Int, at now: Instant, into sink: inout some DatagramSink & ~Copyable
    ) {
        guard !streams[stream].waiting.isEmpty, let first = streams[stream].freshKeyframe else {
            return
        }
        for position in 0..<streams[stream].waiting.count {
            let subscriber = streams[stream].waiting[position]
            finish(Int(subscriber.track), of: Int(subscriber.peer), at: now, into: &sink)
            repeatClosing(ofTrack: Int(subscriber.track), of: Int(subscriber.peer), at: now)
            begin(stream, with: first, on: subscriber, at: now)
        }
        streams[stream].promoteWaiting()
    }

    /// Sends the rest of a layer that a viewer leaves. What the pacer is far behind with is left out: the
    /// network has no room for it, and the picture goes on with a keyframe.
    private mutating func finish(
        _ track: Int, of viewer: Int, at now: Instant,
        into sink: inout some DatagramSink & ~Copyable
    ) {
        guard let destination = peers[viewer].remoteAddress,
            let (stream, left) = pending(track, of: viewer)
        else { return }
        let bytes = streams[stream].history.bytes(of: left)
        guard peers[viewer].viewer!.pacing.time(of: bytes) <= Limits.longestRest.nanoseconds
        else { return }
        var rest = Portion.unlimited
        _ = forward(
            track, of: viewer, within: &rest, to: destination, heldUntil: .zero, at: now,
            into: &sink)
        peers[viewer].viewer!.close(rest, at: now)
    }

    /// Forwards fresh packets that are older than what a viewer has got: the network reordered them, or
    /// they were sent again.
    private mutating func forwardLate(
        _ stream: Int, at now: Instant, into sink: inout some DatagramSink & ~Copyable
    ) {
        guard streams[stream].hasLate else { return }
        var rest = Portion.unlimited
        for index in 0..<streams[stream].subscribers.count {
            let subscriber = streams[stream].subscribers[index]
            let (peer, track) = (Int(subscriber.peer), Int(subscriber.track))
            guard let destination = peers[peer].remoteAddress,
                peers[peer].viewer!.tracks[track].source?.stream == stream,
                let next = peers[peer].viewer!.tracks[track].next
            else { continue }
            for position in 0..<streams[stream].fresh.count
            where streams[stream].fresh[position] < next {
                guard let entry = streams[stream].history.entry(streams[stream].fresh[position])
                else { continue }
                forward(
                    entry, of: stream, to: peer, track: track, within: &rest, at: destination,
                    heldUntil: .zero, now, into: &sink)
            }
        }
    }
}
