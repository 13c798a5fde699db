internal import Forwarding
internal import Peering
internal import Primitives
internal import Signalling

// Where the operator wants it, only so many of a stage's publishers are heard at a time. The worker that
// listens for all knows who; a publisher's home tells the mirrors, which know it by then. What is not passed
// on arrives and is measured as ever, so that who begins to speak is heard. Docs/active-speaker.md.

extension MediaWorker {
    /// At the worker that listens: takes who has come among the loudest of a conversation, or is no longer.
    mutating func noteLoudest(in conversation: Int) {
        for case .forwarded(let place, let isLoud) in speakerEvents {
            guard let publisher = conversations[conversation]!.publishers[place] else { continue }
            setLoud(publisher, isLoud)
        }
    }

    mutating func setLoud(_ index: Int, _ isLoud: Bool) {
        let resource = peers[index].session.resource
        guard let home = peers[index].publisher!.home else { return takeLoud(resource, isLoud) }
        outbox.append(.setLoud(resource, isLoud), to: home)
    }

    mutating func takeLoud(_ resource: ResourceID, _ isLoud: Bool) {
        guard let index = resources[resource], peers[index].publisher != nil else { return }
        if !peers[index].isMirror { tellOthers(.setLoud(resource, isLoud)) }
        for track in peers[index].publisher!.tracks.indices
        where !peers[index].publisher!.tracks[track].offered.isVideo {
            peers[index].publisher!.tracks[track].isAmongLoudest = isLoud
            guard isLoud else { continue }
            for stream in peers[index].publisher!.tracks[track].streams {
                streams[stream].passOnFromHere()
            }
        }
    }

    /// Has a viewer's track of sound pass over what came while its publisher was not among the loudest: it
    /// begins anew with what came since, and the numbers go on without a hole.
    mutating func passOver(onTrack track: Int, of viewer: Int, at now: Instant) {
        guard configuration.loudest != nil,
            let (stream, generation) = peers[viewer].viewer!.tracks[track].feed,
            isPresent(stream, generation),
            let next = peers[viewer].viewer!.tracks[track].next,
            case let first = streams[stream].passedOnFrom, next < first,
            let newest = streams[stream].newest,
            let entry = streams[stream].history.entry(first)
                ?? streams[stream].history.entry(newest),
            case let codec = streams[stream].description.codec,
            let format = peers[viewer].viewer!.tracks[track].format(for: codec)
        else { return }
        peers[viewer].viewer!.tracks[track].begin(
            stream: stream, generation: generation, format: format, with: entry, at: now)
    }
}
