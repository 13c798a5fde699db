internal import Forwarding
internal import Peering
internal import Primitives
internal import RTP
internal import Signalling

// Who speaks: by the audio levels in the packets (RFC 6464), which go to the first worker.

extension MediaWorker {
    /// Whether this worker listens for all.
    private var isListening: Bool { configuration.place.index == 0 }

    /// Gives a publisher whose packets have levels a seat in its stage's conversation.
    mutating func enterConversation(_ index: Int, at now: Instant) {
        guard isListening, peers[index].publisher!.levelID != 0 else { return }
        let stage = peers[index].session.stage
        let conversation = conversation(of: stage, at: now)
        guard let place = conversations[conversation]!.detector.add() else { return }
        conversations[conversation]!.participants[place] = peers[index].session.participant
        conversations[conversation]!.publishers[place] = index
        if !conversations[conversation]!.detector.isForwarded(place) { setLoud(index, false) }
        peers[index].publisher!.seat = Conversation.Seat(
            conversation: conversation, place: place)
        guard let home = peers[index].publisher!.home else { return }
        let listener = Listener(
            worker: configuration.place.index, place: Int32(index),
            generation: peers.generation(of: index))
        outbox.append(.hear(peers[index].session.resource, listener), to: home)
    }

    private mutating func conversation(of stage: StageID, at now: Instant) -> Int {
        if let known = conversations.firstIndex(where: { $0?.stage == stage }) { return known }
        let new = Conversation(of: stage, loudest: configuration.loudest, at: now)
        if let free = conversations.firstIndex(where: { $0 == nil }) {
            conversations[free] = new
            return free
        }
        conversations.append(new)
        return conversations.count - 1
    }

    mutating func leaveConversation(_ index: Int, at now: Instant) {
        guard let seat = peers[index].publisher!.seat else { return }
        peers[index].publisher!.seat = nil
        conversations[seat.conversation]!.participants[seat.place] = nil
        conversations[seat.conversation]!.publishers[seat.place] = nil
        conversations[seat.conversation]!.detector.remove(seat.place, into: &speakerEvents)
        speakerEvents.removeAll(keepingCapacity: true)
        conversations[seat.conversation]!.hasChanged = true
        tellSpeakers(in: seat.conversation, at: now)
        if conversations[seat.conversation]!.participants.isEmpty {
            conversations[seat.conversation] = nil
        }
    }

    /// At home: has the levels of a publisher's packets sent to where they are heard.
    mutating func setHearing(_ listener: Listener, to resource: ResourceID) {
        guard let index = resources[resource], peers[index].publisher != nil else { return }
        peers[index].publisher!.hearing = listener
    }

    /// Takes the level of the packet of sound in ``clear``.
    @inline(__always)
    mutating func noteLevel(
        _ header: RTPHeader, of index: Int, track: Int, at received: Instant
    ) {
        let id = peers[index].publisher!.levelID(ofTrack: track)
        guard id != 0, let range = HeaderExtensions.find(id, in: clear.bytes, header: header),
            range.count > 0
        else { return }
        let isHeard = peers[index].publisher!.tracks[track].isForwarded
        let level =
            isHeard
            ? AudioLevel(rawValue: clear.bytes.byte(at: range.lowerBound))
            : AudioLevel(level: AudioLevel.silence, isVoice: false)
        if let seat = peers[index].publisher!.seat {
            hear(level, from: seat, at: received)
        } else if let listener = peers[index].publisher!.hearing {
            outbox.append(.level(listener, level), RawSpan(), to: listener.worker, at: received)
        }
    }

    /// Takes a level that another worker has read.
    mutating func hear(_ level: AudioLevel, from index: Int, at received: Instant) {
        guard let seat = peers[index].publisher!.seat else { return }
        hear(level, from: seat, at: received)
    }

    private mutating func hear(
        _ level: AudioLevel, from seat: Conversation.Seat, at received: Instant
    ) {
        advance(seat.conversation, to: received)
        conversations[seat.conversation]!.detector.note(level, of: seat.place, at: received)
    }

    private mutating func advance(_ conversation: Int, to now: Instant) {
        conversations[conversation]!.detector.advance(to: now, into: &speakerEvents)
        guard !speakerEvents.isEmpty else { return }
        noteLoudest(in: conversation)
        speakerEvents.removeAll(keepingCapacity: true)
        conversations[conversation]!.hasChanged = true
    }

    /// Goes on in the conversation of a publisher, and tells what is new.
    mutating func tickConversation(of index: Int, at now: Instant) {
        guard let seat = peers[index].publisher!.seat else { return }
        advance(seat.conversation, to: now)
        guard conversations[seat.conversation]!.hasChanged,
            now >= conversations[seat.conversation]!.nextReport
        else { return }
        tellSpeakers(in: seat.conversation, at: now)
    }

    private mutating func tellSpeakers(in place: Int, at now: Instant) {
        let conversation = conversations[place]!
        conversations[place]!.hasChanged = false
        conversations[place]!.nextReport = now + Limits.speakerInterval
        report(
            .speakers(
                conversation.stage,
                active: conversation.detector.speaker.flatMap { conversation.participants[$0] },
                speaking: conversation.speaking))
        let ranking = conversation.ranking
        rankSpeakers(ranking, on: conversation.stage, at: now)
        tellOthers(.rankSpeakers(ranking, on: conversation.stage))
    }

    /// Notes who spoke last; who has the floor gets more of the viewers' networks.
    mutating func rankSpeakers(
        _ ranking: [ParticipantID], on stage: StageID, at now: Instant
    ) {
        var isNew = false
        for (participant, index) in routes[stage]?.publishers ?? [:]
        where peers[index].session.stage == stage {
            let rank = ranking.firstIndex(of: participant)
            let former = peers[index].publisher!.speakerRank
            isNew = isNew || (rank != former && (rank == 0 || former == 0))
            peers[index].publisher!.speakerRank = rank
        }
        if isNew { allocateSoon(viewersOf: stage, at: now) }
    }
}
