internal import Forwarding
internal import Peering
internal import Primitives
internal import RTP
internal import Signalling

// Who gets what from whom.

extension MediaWorker {
    /// Enters a new peer into its stage.
    mutating func enter(_ index: Int, at now: Instant) {
        let session = peers[index].session
        switch session.direction {
        case .publish:
            if !peers[index].isMirror { publisherCount += 1 }
            for stage in stages(of: session) where isShowable(index, on: stage) {
                show(index, on: stage, at: now)
            }
            applyForwarding(to: index)
            enterConversation(index, at: now)
        case .subscribe, .subscribeToStage:
            viewerCount += 1
            routes[session.stage, default: Route()].viewers.append(index)
        }
    }

    /// Takes a peer that ends out of its stage.
    mutating func leave(_ index: Int, at now: Instant) {
        let session = peers[index].session
        if peers[index].publisher != nil {
            if !peers[index].isMirror { publisherCount -= 1 }
            leaveConversation(index, at: now)
            removePublisher(index, at: now)
        } else {
            viewerCount -= 1
            // Publishers that have sent nothing yet have no stream, but know the viewer.
            for publisher in (routes[session.stage]?.publishers ?? [:]).values {
                detach(publisher, from: index)
            }
            for track in peers[index].viewer!.tracks.indices { release(track, of: index) }
            routes[session.stage]?.viewers.removeAll { $0 == index }
        }
        forgetIfEmpty(session.stage)
    }

    mutating func forgetIfEmpty(_ stage: StageID) {
        guard let route = routes[stage], route.publishers.isEmpty, route.viewers.isEmpty else {
            return
        }
        routes[stage] = nil
    }

    /// Enters a publisher into a stage, in the place of whoever was there under its id: the same
    /// participant once more, after its page was reloaded.
    mutating func show(_ index: Int, on stage: StageID, at now: Instant) {
        let participant = peers[index].session.participant
        let former = routes[stage]?.publishers[participant]
        routes[stage, default: Route()].publishers[participant] = index
        for viewer in routes[stage]?.viewers ?? [] {
            if let former { detach(former, from: viewer) }
            attach(index, to: viewer, at: now)
        }
        allocateSoon(viewersOf: stage, at: now)
    }

    /// Takes a publisher out of a stage, unless someone who took over has its place already.
    mutating func hide(_ index: Int, on stage: StageID, at now: Instant) {
        let participant = peers[index].session.participant
        guard routes[stage]?.publishers[participant] == index else { return }
        routes[stage]?.publishers[participant] = nil
        for viewer in routes[stage]?.viewers ?? [] {
            detach(index, from: viewer)
            free(participant, in: viewer, at: now)
        }
        forgetIfEmpty(stage)
    }

    private mutating func removePublisher(_ index: Int, at now: Instant) {
        for stage in stages(of: peers[index].session) { hide(index, on: stage, at: now) }
        for track in peers[index].publisher!.tracks.indices {
            for stream in peers[index].publisher!.tracks[track].streams { removeStream(stream) }
        }
    }

    /// Attaches every publisher that a viewer wants: it has just connected.
    mutating func attachPublishers(to viewer: Int, at now: Instant) {
        let route = routes[peers[viewer].session.stage]
        for publisher in (route?.publishers ?? [:]).values.sorted() {
            attach(publisher, to: viewer, at: now)
        }
        allocate(viewer, at: now)
    }

    /// Starts the clock for a viewer whose one publisher has left before it was connected.
    mutating func notePublisherAbsence(of viewer: Int, at now: Instant) {
        guard case .subscribe(let wanted) = peers[viewer].session.direction,
            peers[viewer].viewer!.map.slot(of: wanted) == nil
        else { return }
        peers[viewer].viewer!.publisherLeftAt = now
    }

    /// Gives a publisher a slot of a viewer that wants it, and lets each of its tracks feed the
    /// slot's.
    private mutating func attach(_ publisher: Int, to viewer: Int, at now: Instant) {
        guard peers[viewer].wasConnected else { return }
        let participant = peers[publisher].session.participant
        switch peers[viewer].session.direction {
        case .publish: return
        case .subscribe(to: let wanted): guard wanted == participant else { return }
        // Nobody watches themselves.
        case .subscribeToStage:
            guard peers[viewer].session.participant != participant else { return }
        }
        peers[viewer].viewer!.publisherLeftAt = nil
        guard let slot = peers[viewer].viewer!.map.insert(participant) else { return }
        var watch = Watch(
            of: publisher, generation: peers.generation(of: publisher),
            wish: peers[viewer].viewer!.wishes[participant])
        for track in peers[publisher].publisher!.tracks.indices {
            let offered = peers[publisher].publisher!.tracks[track].offered
            guard let place = peers[viewer].viewer!.track(inSlot: slot, isVideo: offered.isVideo),
                peers[viewer].viewer!.tracks[place].format(for: offered.format.codec) != nil
            else { continue }
            let subscriber = Subscriber(peer: Int32(viewer), track: Int32(place))
            peers[publisher].publisher!.tracks[track].viewers.append(subscriber)
            if offered.isVideo {
                watch.picture = track
            } else {
                watch.sound = track
                aimSound(subscriber, atTrack: track, of: publisher, at: now)
            }
        }
        peers[viewer].viewer!.watches[slot] = watch
        peers[viewer].viewer!.noteCrowd()
        noteAudience(of: publisher)
        bindHeld(of: publisher, at: now)
        reportSlots(of: viewer)
    }

    /// Stops a publisher's tracks from feeding a viewer's. The slot stays the publisher's.
    private mutating func detach(_ publisher: Int, from viewer: Int) {
        for track in peers[publisher].publisher!.tracks.indices {
            for subscriber in peers[publisher].publisher!.tracks[track].viewers
            where Int(subscriber.peer) == viewer {
                release(Int(subscriber.track), of: viewer)
            }
            peers[publisher].publisher!.tracks[track].viewers.removeAll {
                Int($0.peer) == viewer
            }
        }
        for slot in peers[viewer].viewer!.watches.indices
        where peers[viewer].viewer!.watches[slot]?.publisher == publisher {
            peers[viewer].viewer!.watches[slot] = nil
        }
        noteAudience(of: publisher)
    }

    /// Frees a participant's slot; who waited for one gets it.
    private mutating func free(_ participant: ParticipantID, in viewer: Int, at now: Instant) {
        // One that only waited for a slot is forgotten, too.
        guard let freed = peers[viewer].viewer!.map.remove(participant) else { return }
        for track in peers[viewer].viewer!.shown.indices
        where peers[viewer].viewer!.shown[track]?.participant == participant {
            peers[viewer].viewer!.shown[track] = nil
        }
        if peers[viewer].viewer!.flowing.remove(participant) != nil {
            report(.subscribeStopped(peers[viewer].session.resource, to: participant))
        }
        if case .subscribe = peers[viewer].session.direction {
            peers[viewer].viewer!.publisherLeftAt = now
        }
        let stage = peers[viewer].session.stage
        if let successor = freed.successor,
            let publisher = routes[stage]?.publishers[successor]
        {
            attach(publisher, to: viewer, at: now)
            allocate(viewer, at: now)
        } else {
            reportSlots(of: viewer)
        }
    }

    /// Lets a viewer's track go from whatever feeds it or is to, and from its publisher.
    private mutating func release(_ track: Int, of viewer: Int) {
        let subscriber = Subscriber(peer: Int32(viewer), track: Int32(track))
        let target = peers[viewer].viewer!.targets[track]
        stop(track, of: viewer)
        guard target >= 0, streams.isOccupied(target) else { return }
        let owner = owners[target]
        peers[owner.publisher].publisher!.tracks[owner.track].viewers.removeAll {
            $0 == subscriber
        }
        noteAudience(of: owner.publisher)
    }

    /// Ends what a viewer's track gets, or waits for.
    mutating func stop(_ track: Int, of viewer: Int) {
        let subscriber = Subscriber(peer: Int32(viewer), track: Int32(track))
        let target = peers[viewer].viewer!.targets[track]
        if let source = peers[viewer].viewer!.tracks[track].source,
            streams.isOccupied(source.stream)
        {
            streams[source.stream].unsubscribe(subscriber)
        }
        if target >= 0, streams.isOccupied(target) { streams[target].unsubscribe(subscriber) }
        peers[viewer].viewer!.targets[track] = -1
        peers[viewer].viewer!.tracks[track].detach()
    }

    /// Ends a stream: its publisher is gone, or has replaced it.
    mutating func removeStream(_ stream: Int) {
        let owner = owners[stream]
        for subscriber in streams[stream].subscribers + streams[stream].waiting {
            let peer = Int(subscriber.peer)
            let track = Int(subscriber.track)
            if peers[peer].viewer!.targets[track] == stream {
                peers[peer].viewer!.targets[track] = -1
            }
            if peers[peer].viewer!.tracks[track].source?.stream == stream {
                peers[peer].viewer!.tracks[track].detach()
            }
        }
        peers[owner.publisher].publisher!.tracks[owner.track].streams.removeAll { $0 == stream }
        peers[owner.publisher].publisher!.bindings.removeAll { $0.stream == stream }
        dirty.removeAll { $0 == stream }
        streams.remove(stream)
        owners[stream] = StreamOwner()
    }

    /// Moves a viewer's track to a stream, from its packet `first` on.
    mutating func begin(
        _ stream: Int, with first: PacketHistory.Entry, on subscriber: Subscriber,
        catchingUpWith newest: PacketHistory.Entry? = nil, at now: Instant
    ) {
        let peer = Int(subscriber.peer)
        let track = Int(subscriber.track)
        if let former = peers[peer].viewer!.tracks[track].source?.stream, former != stream,
            streams.isOccupied(former)
        {
            streams[former].unsubscribe(subscriber)
        }
        let codec = streams[stream].description.codec
        guard let format = peers[peer].viewer!.tracks[track].format(for: codec) else { return }
        // All frames of another layer: fewer were of use for the one before.
        if stream == peers[peer].viewer!.targets[track] {
            let spatial = peers[peer].viewer!.spatials[track]
            peers[peer].viewer!.tracks[track].want(
                LayerTarget(spatial: spatial, temporal: LayerTarget.highest.temporal))
        }
        let generation = streams.generation(of: stream)
        let info = streams[stream].history.info(of: first)
        if let newest {
            peers[peer].viewer!.tracks[track].replay(
                stream: stream, generation: generation, format: format, from: first, info,
                to: newest, at: now)
        } else {
            peers[peer].viewer!.tracks[track].begin(
                stream: stream, generation: generation, format: format, with: first, info, at: now)
        }
        peers[peer].viewer!.openings |= peers[peer].viewer!.pictures & 1 << UInt64(track)
        noteFlow(from: peers[owners[stream].publisher].session.participant, to: peer)
        noteLayer(stream, onTrack: track, of: peer)
        reportSlots(of: peer)
    }

    private mutating func noteFlow(from publisher: ParticipantID, to viewer: Int) {
        guard peers[viewer].viewer!.flowing.insert(publisher).inserted else { return }
        report(.subscribeStarted(peers[viewer].session.resource, to: publisher))
    }

    /// Tells a whole-stage viewer who is in which slot.
    mutating func reportSlots(of viewer: Int) {
        guard case .subscribeToStage = peers[viewer].session.direction else { return }
        var slots: [SlotReport] = []
        for track in peers[viewer].viewer!.tracks.indices {
            let slot = peers[viewer].viewer!.slotOfTrack[track]
            let source = peers[viewer].viewer!.tracks[track].source?.stream
            let isVideo = peers[viewer].viewer!.tracks[track].configuration.isVideo
            slots.append(
                SlotReport(
                    mid: peers[viewer].viewer!.tracks[track].configuration.mid,
                    kind: isVideo ? .video : .audio,
                    participant: peers[viewer].viewer!.map.slots[slot],
                    layer: source.map { streams[$0].description.rid } ?? ""))
        }
        report(.slots(peers[viewer].session.resource, slots))
    }
}
