internal import Congestion
internal import Forwarding
internal import Peering
internal import Primitives
internal import RTP
internal import Signalling

// Which layer of whom a viewer gets: asked of the viewer's `LayerAllocator`, which divides what its network
// carries, a few times a second and whenever something changes. Docs/layer-allocation.md.

extension MediaWorker {
    // MARK: - What is offered

    /// A stream is about to have its first packet. Who has nothing yet is given it, or not, before that:
    /// it may start with a keyframe.
    mutating func noteStream(_ stream: Int, at now: Instant) {
        let (publisher, track) = (owners[stream].publisher, owners[stream].track)
        let isVideo = streams[stream].description.codec.isVideo
        renewOffer(ofTrack: track, of: publisher, at: now)
        for position in 0..<peers[publisher].publisher!.tracks[track].viewers.count {
            let subscriber = peers[publisher].publisher!.tracks[track].viewers[position]
            guard isVideo else {
                aim(subscriber, at: stream, now)
                continue
            }
            let viewer = Int(subscriber.peer)
            if peers[viewer].viewer!.targets[Int(subscriber.track)] < 0 {
                allocate(viewer, at: now)
            }
        }
    }

    /// Looks anew at what arrives of a publisher's track. Viewers are asked when its layers are others.
    mutating func renewOffer(ofTrack track: Int, of publisher: Int, at now: Instant) {
        guard peers[publisher].publisher!.tracks[track].offered.isVideo else {
            return renewSoundRate(ofTrack: track, of: publisher, at: now)
        }
        let offer = offer(ofTrack: track, of: publisher, at: now)
        let isNew = !offer.hasSameLayers(as: peers[publisher].publisher!.tracks[track].offer)
        peers[publisher].publisher!.tracks[track].offer = offer
        if isNew { allocateSoon(viewersOfTrack: track, of: publisher, at: now) }
    }

    /// Looks whether other layers have stopped while a stream goes on, or whether it had and is back.
    mutating func watchLayers(besides stream: Int, at now: Instant) {
        let (publisher, track) = (owners[stream].publisher, owners[stream].track)
        let count = peers[publisher].publisher!.layerCount(ofTrack: track)
        guard count > 1 else { return }
        var isNew = false
        for position in 0..<count {
            let other = peers[publisher].publisher!.tracks[track].streams[position]
            if other == stream {
                isNew = peers[publisher].publisher!.tracks[track].offer.hasStopped(stream) || isNew
            } else {
                isNew = streams[other].noteOtherLayer(at: now) || isNew
            }
        }
        if isNew { renewOffer(ofTrack: track, of: publisher, at: now) }
    }

    private mutating func renewSoundRate(ofTrack track: Int, of publisher: Int, at now: Instant) {
        var rate = DataRate.zero
        for stream in peers[publisher].publisher!.tracks[track].streams {
            rate = max(rate, streams[stream].smoothedRate(at: now))
            let isNew = streams[stream].lastArrival == nil
            if rate == .zero, isNew || streams[stream].isActive(at: now) {
                rate = Limits.assumedSound
            }
        }
        peers[publisher].publisher!.tracks[track].soundRate = rate
    }

    /// The layers of a picture. Where none brings anything, the one that was last to: a picture that
    /// stands still for seconds is not one that has ended.
    private mutating func offer(
        ofTrack track: Int, of publisher: Int, at now: Instant
    ) -> OfferedLayers {
        var layers = OfferedLayers()
        let all = peers[publisher].publisher!.tracks[track].streams
        let latest = all.max {
            (streams[$0].lastArrival ?? .zero) < (streams[$1].lastArrival ?? .zero)
        }
        for stream in all {
            let layer = offeredLayer(stream, of: publisher, at: now)
            guard all.count == 1, appendSpatialLayers(of: layer, to: &layers) else {
                layers.append(layer)
                continue
            }
        }
        guard !(0..<layers.count).contains(where: { layers[$0].isActive }) else { return layers }
        for position in 0..<layers.count where layers[position].key.stream == latest {
            layers[position].isActive = true
        }
        return layers
    }

    // MARK: - Who is asked, and when

    /// Has the layers of everybody on a stage chosen.
    mutating func allocateSoon(viewersOf stage: StageID, at now: Instant) {
        for (position, viewer) in (routes[stage]?.viewers ?? []).enumerated() {
            allocateSoon(viewer, after: position, at: now)
        }
    }

    /// Has the layers of everybody chosen who watches a track.
    mutating func allocateSoon(viewersOfTrack track: Int, of publisher: Int, at now: Instant) {
        for position in 0..<peers[publisher].publisher!.tracks[track].viewers.count {
            let viewer = peers[publisher].publisher!.tracks[track].viewers[position].peer
            allocateSoon(Int(viewer), after: position, at: now)
        }
    }

    /// Thousands at once would keep everything else waiting: some each millisecond.
    private mutating func allocateSoon(_ viewer: Int, after others: Int, at now: Instant) {
        guard peers[viewer].viewer?.awaitsAllocation == false else { return }
        peers[viewer].viewer!.awaitsAllocation = true
        let pause = Int64(others / Limits.allocationsAtOnce) * 1_000_000
        wake(viewer, at: now.advanced(nanoseconds: pause), for: .allocation)
    }

    mutating func setWish(
        _ wish: PictureWish, of publisher: ParticipantID, for resource: ResourceID, at now: Instant
    ) {
        guard let index = resources[resource], peers[index].viewer != nil,
            peers[index].viewer!.note(wish, of: publisher)
        else { return }
        allocate(index, at: now)
    }

    /// Chooses a viewer's layers.
    mutating func allocate(_ viewer: Int, at now: Instant) {
        guard peers[viewer].viewer != nil, peers[viewer].wasConnected else { return }
        settleReplays(of: viewer, at: now)
        collectWatched(by: viewer)
        peers[viewer].viewer!.allocate(watched, at: now, into: &allocation)
        let room = roomForRepair(of: viewer)
        var position = 0
        for slot in 0..<peers[viewer].viewer!.slots.count
        where peers[viewer].viewer!.watches[slot] != nil {
            guard position < allocation.picks.count else { break }
            let pick = allocation.picks[position]
            position += 1
            apply(pick, toSlot: slot, of: viewer, at: now)
            guard let track = peers[viewer].viewer!.slots[slot].video else { continue }
            protect(
                track, of: viewer, media: pick.stream == nil ? .zero : pick.rate, room: room,
                at: now)
        }
        thin(viewer, at: now)
        awaitRise(of: viewer)
    }

    /// Has a viewer's layers chosen when one may go up, not a quarter of a second later.
    private mutating func awaitRise(of viewer: Int) {
        guard let rises = allocation.risesAt, !peers[viewer].viewer!.awaitsRise else { return }
        peers[viewer].viewer!.awaitsRise = true
        wake(viewer, at: rises, for: .rise)
    }

    /// Of what a viewer's network carries besides all that is sent, a picture's share; `nil` while nobody knows.
    private mutating func roomForRepair(of viewer: Int) -> DataRate? {
        guard peers[viewer].viewer!.takesRepairs, !allocation.picks.isEmpty else { return nil }
        return peers[viewer].viewer!.spareRate()?
            .scaled(by: 1 / Double(allocation.picks.count))
    }

    private mutating func collectWatched(by viewer: Int) {
        watched.removeAll(keepingCapacity: true)
        for slot in 0..<peers[viewer].viewer!.slots.count {
            guard let watch = peers[viewer].viewer!.watches[slot] else { continue }
            var entry = WatchedPublisher(key: watch.key)
            entry.speakerRank = peers[watch.publisher].publisher!.speakerRank
            if let sound = watch.sound {
                entry.audioRate = peers[watch.publisher].publisher!.tracks[sound].passedSoundRate
            }
            if let picture = watch.picture, let track = peers[viewer].viewer!.slots[slot].video {
                describe(watch, picture: picture, in: &entry)
                let target = peers[viewer].viewer!.targets[track]
                let spatial = peers[viewer].viewer!.spatials[track]
                entry.current =
                    target < 0 ? nil : LayerKey(stream: target, spatial: spatial).rawValue
            }
            watched.append(entry)
        }
        allowFewerFrames()
    }

    private func describe(_ watch: Watch, picture: Int, in entry: inout WatchedPublisher) {
        entry.layers = peers[watch.publisher].publisher!.tracks[picture].offer
        // What is held back takes nothing, and goes on where it was.
        if !peers[watch.publisher].publisher!.tracks[picture].isForwarded {
            entry.layers.makeFree()
        }
        entry.shown = watch.wish.shown
        entry.isPinned = watch.wish.isPinned
        entry.isPaused = watch.wish.isPaused
        guard let layer = watch.wish.layer else { return }
        entry.preferred = peers[watch.publisher].publisher!.tracks[picture].streams.first {
            streams[$0].description.rid == layer
        }.map { LayerKey(stream: $0).rawValue }
    }

    private mutating func apply(
        _ pick: LayerAllocation.Pick, toSlot slot: Int, of viewer: Int, at now: Instant
    ) {
        guard let watch = peers[viewer].viewer!.watches[slot], watch.picture != nil,
            let track = peers[viewer].viewer!.slots[slot].video
        else { return }
        if pick.isChanged { peers[viewer].viewer!.reasons[track] = LayerReason(pick.reason) }
        guard let layer = pick.stream.map(LayerKey.init(rawValue:)) else {
            return pause(track, of: viewer, showing: watch.publisher, because: pick.reason)
        }
        peers[viewer].viewer!.spatials[track] = layer.spatial
        aim(Subscriber(peer: Int32(viewer), track: Int32(track)), at: layer.stream, now)
    }

    // MARK: - What is done about it

    /// Lets a viewer's track get a publisher's sound, if it has come already.
    mutating func aimSound(
        _ subscriber: Subscriber, atTrack track: Int, of publisher: Int, at now: Instant
    ) {
        guard let stream = peers[publisher].publisher!.tracks[track].streams.last else { return }
        aim(subscriber, at: stream, now)
    }

    /// Makes a stream the target of a viewer's track. Until the stream's next keyframe the track
    /// gets what it got.
    private mutating func aim(_ subscriber: Subscriber, at stream: Int, _ now: Instant) {
        let peer = Int(subscriber.peer)
        let track = Int(subscriber.track)
        let former = peers[peer].viewer!.targets[track]
        guard former != stream else { return }
        let source = peers[peer].viewer!.tracks[track].source?.stream
        if former >= 0, former != source, streams.isOccupied(former) {
            streams[former].unsubscribe(subscriber)
        }
        peers[peer].viewer!.targets[track] = stream
        guard source != stream else { return }
        if let source {
            cutOff(source, for: stream, on: subscriber, at: now)
        } else {
            if replay(stream, to: subscriber, at: now) { return }
            beginBelow(stream, on: subscriber, at: now)
        }
        streams[stream].subscribe(subscriber)
        wish(owners[stream].publisher)
    }

    /// Has a viewer who gets nothing yet begin with the newest keyframe that is kept, and what followed.
    /// - Returns: false when there is none to begin with.
    mutating func replay(
        _ stream: Int, to subscriber: Subscriber, at now: Instant
    ) -> Bool {
        guard streams[stream].description.codec.isVideo, isForwarded(stream),
            let (first, newest) = streams[stream].joinPoint(at: now)
        else { return false }
        let viewer = Int(subscriber.peer)
        begin(stream, with: first, on: subscriber, catchingUpWith: newest, at: now)
        streams[stream].admit(subscriber)
        schedule.enter(track: Int(subscriber.track), of: viewer, at: now)
        peers[viewer].viewer!.isCatchingUp = true
        counters.replays += 1
        return true
    }

    /// Has a viewer that does not catch up begin anew, with the next keyframe.
    private mutating func settleReplays(of viewer: Int, at now: Instant) {
        peers[viewer].viewer!.isCatchingUp = false
        for track in SetBits(peers[viewer].viewer!.pictures) {
            if peers[viewer].viewer!.tracks[track].isCatchingUp {
                peers[viewer].viewer!.isCatchingUp = true
            }
            guard peers[viewer].viewer!.tracks[track].settleReplay(at: now) else { continue }
            counters.replaysAbandoned += 1
            let target = peers[viewer].viewer!.targets[track]
            stop(track, of: viewer)
            guard target >= 0 else { continue }
            peers[viewer].viewer!.targets[track] = target
            streams[target].subscribe(Subscriber(peer: Int32(viewer), track: Int32(track)))
            wish(owners[target].publisher)
        }
    }

    /// Ends a picture until there is room for it again, or it is wanted again.
    private mutating func pause(
        _ track: Int, of viewer: Int, showing publisher: Int, because reason: AllocationReason
    ) {
        if peers[viewer].viewer!.targets[track] >= 0 { stop(track, of: viewer) }
        notePause(of: publisher, onTrack: track, of: viewer, because: reason)
    }
}

extension OfferedLayers {
    func hasStopped(_ stream: Int) -> Bool {
        (0..<count).contains { self[$0].key.stream == stream && !self[$0].isActive }
    }

    /// Has every layer take next to nothing.
    mutating func makeFree() {
        for position in 0..<count { self[position].rate = DataRate(bitsPerSecond: 1) }
    }

    /// Whether there are the same layers, and the same of them arrive; rates apart.
    func hasSameLayers(as other: OfferedLayers) -> Bool {
        count == other.count
            && (0..<count).allSatisfy {
                self[$0].stream == other[$0].stream && self[$0].isActive == other[$0].isActive
                    && self[$0].pixels == other[$0].pixels
            }
    }
}
