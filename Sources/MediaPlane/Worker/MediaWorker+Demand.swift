internal import Forwarding
internal import Peering
internal import Primitives
internal import RTP
internal import Signalling

// Which layers a host is to send: those that anybody watches, at whichever worker. Each mirror tells home
// what its viewers get and wait for; home decides, and tells the control plane, which tells the host, and
// the mirrors. Docs/dynamic-publishing.md.

extension MediaWorker {
    /// Takes who watches a publisher's picture now, and at its home what follows from that.
    mutating func updateDemand(of index: Int, at now: Instant) {
        guard let track = peers[index].publisher!.picture else { return }
        settleHeld(ofTrack: track, of: index, at: now)
        let (watched, arriving) = layersInUse(ofTrack: track, of: index, at: now)
        if let home = peers[index].publisher!.home {
            return tell(watched, of: index, to: home)
        }
        let change = peers[index].publisher!.advanceDemand(
            watched: watched, arriving: arriving, holds: configuration.holdsUnwatched, at: now)
        guard !change.isEmpty else { return }
        let news = apply(change, toTrack: track, of: index, at: now)
        tellOthers(.holdLayers(peers[index].session.resource, news))
        reportWantedLayers(ofTrack: track, of: index)
        renewOffer(ofTrack: track, of: index, at: now)
    }

    /// The layers that viewers here get or wait for, and those that bring packets.
    private mutating func layersInUse(
        ofTrack track: Int, of index: Int, at now: Instant
    ) -> (watched: LayerSet, arriving: LayerSet) {
        var watched: LayerSet = []
        var arriving: LayerSet = []
        for position in 0..<peers[index].publisher!.layerCount(ofTrack: track) {
            let stream = peers[index].publisher!.tracks[track].streams[position]
            let layer = LayerSet(place: owners[stream].layer)
            if !streams[stream].subscribers.isEmpty || !streams[stream].waiting.isEmpty {
                watched.insert(layer)
            }
            if streams[stream].arrives(at: now) { arriving.insert(layer) }
        }
        return (watched, arriving)
    }

    /// At a mirror: tells home what is other than it knows.
    private mutating func tell(_ watched: LayerSet, of index: Int, to home: Int) {
        guard peers[index].publisher!.toldWatched != watched else { return }
        peers[index].publisher!.toldWatched = watched
        outbox.append(
            .watchLayers(
                peers[index].session.resource, watched, by: configuration.place.index), to: home)
    }

    // MARK: - At home

    mutating func noteWatched(
        _ watched: LayerSet, of resource: ResourceID, by worker: Int, at now: Instant
    ) {
        guard let index = resources[resource], peers[index].publisher != nil else { return }
        peers[index].publisher!.watchedElsewhere[worker] = watched
        updateDemand(of: index, at: now)
    }

    /// The client that publishes is told from now on which layers are wanted, or no longer.
    mutating func setTold(_ resource: ResourceID, _ isTold: Bool, at now: Instant) {
        guard let index = resources[resource], peers[index].publisher != nil else { return }
        peers[index].publisher!.isTold = isTold
        updateDemand(of: index, at: now)
    }

    /// - Returns: what the mirrors must know.
    private mutating func apply(
        _ change: LayerDemand.Change, toTrack track: Int, of index: Int, at now: Instant
    ) -> [HeldLayer] {
        var news: [HeldLayer] = []
        for stream in peers[index].publisher!.tracks[track].streams {
            let place = owners[stream].layer
            if change.resumed.has(place), var held = peers[index].publisher!.held(place) {
                held.phase = .resumed(now)
                news.append(held)
            }
            if change.held.has(place) {
                news.append(held(stream, ofTrack: track, of: index, at: now))
            }
        }
        for layer in news { keep(layer, ofTrack: track, of: index) }
        counters.layersHeld += UInt64(change.held.count)
        counters.layersResumed += UInt64(change.resumed.count)
        return news
    }

    /// A layer as it has come until now.
    private mutating func held(
        _ stream: Int, ofTrack track: Int, of index: Int, at now: Instant
    ) -> HeldLayer {
        HeldLayer(
            place: owners[stream].layer, ssrc: streams[stream].description.ssrc,
            rate: streams[stream].smoothedRate(at: now),
            pixels: streams[stream].resolution?.pixels ?? 0,
            framesPerSecond: Int(streams[stream].rates(at: now).framesPerSecond), heldAt: now)
    }

    private mutating func reportWantedLayers(ofTrack track: Int, of index: Int) {
        let rids = peers[index].publisher!.tracks[track].offered.rids
        let held = peers[index].publisher!.demand.held
        let layers = (rids.isEmpty ? [""] : rids).enumerated().map { place, rid in
            WantedLayer(rid: rid, kind: .video, isActive: !held.has(place))
        }
        report(.wantedLayers(peers[index].session.resource, layers))
    }

    // MARK: - Everywhere

    /// At a mirror: takes what home has held or resumed.
    mutating func holdLayers(_ layers: [HeldLayer], of resource: ResourceID, at now: Instant) {
        guard let index = resources[resource], let track = peers[index].publisher?.picture else {
            return
        }
        for layer in layers { keep(layer, ofTrack: track, of: index) }
        bindHeld(of: index, at: now)
        renewOffer(ofTrack: track, of: index, at: now)
    }

    private mutating func keep(_ layer: HeldLayer, ofTrack track: Int, of index: Int) {
        peers[index].publisher!.remember(layer)
        for stream in peers[index].publisher!.tracks[track].streams
        where owners[stream].layer == layer.place {
            if case .resumed = layer.phase {
                streams[stream].hold = .resumed
            } else {
                streams[stream].hold = .held
            }
        }
    }

    /// Gives held layers that never came to this mirror the streams that viewers choose them by.
    mutating func bindHeld(of index: Int, at now: Instant) {
        guard peers[index].publisher!.isListening, let track = peers[index].publisher!.picture
        else { return }
        let rids = peers[index].publisher!.tracks[track].offered.rids
        for layer in peers[index].publisher!.held where layer.isExpected {
            guard peers[index].publisher!.binding(of: layer.ssrc) == nil else { continue }
            let rid = layer.place < rids.count ? rids[layer.place] : ""
            _ = bindMedia(layer.ssrc, rid: rid, track: track, from: index, at: now)
            keep(layer, ofTrack: track, of: index)
        }
    }

    /// Ends what is known of layers that have come again, or that do not.
    private mutating func settleHeld(ofTrack track: Int, of index: Int, at now: Instant) {
        guard peers[index].publisher!.hasHeld() else { return }
        var isNew = false
        for place in 0..<Forwarding.Limits.spatialLayers {
            guard var layer = peers[index].publisher!.held(place) else { continue }
            let former = layer.phase
            let stream = stream(ofLayer: place, ofTrack: track, of: index)
            // Where nobody watches, a mirror has no stream of it.
            let outcome = layer.advance(
                stream.map { streams[$0].hold } ?? .resumed,
                arrives: stream.map { streams[$0].arrives(at: now) } ?? true, at: now)
            if outcome == .waits {
                guard layer.phase != former else { continue }
                peers[index].publisher!.remember(layer)
            } else {
                peers[index].publisher!.forgetHeld(place)
                if let stream { streams[stream].endHold(hasFailed: outcome == .hasFailed) }
                isNew = isNew || outcome == .hasFailed
            }
        }
        if isNew { renewOffer(ofTrack: track, of: index, at: now) }
    }

    private mutating func stream(ofLayer place: Int, ofTrack track: Int, of index: Int) -> Int? {
        for position in 0..<peers[index].publisher!.layerCount(ofTrack: track) {
            let stream = peers[index].publisher!.tracks[track].streams[position]
            if owners[stream].layer == place { return stream }
        }
        return nil
    }

    /// Has a viewer who gets nothing yet, and waits for a layer that was held, begin with the next lower one
    /// that comes.
    mutating func beginBelow(_ stream: Int, on subscriber: Subscriber, at now: Instant) {
        guard streams[stream].hold != .none else { return }
        let (publisher, track) = (owners[stream].publisher, owners[stream].track)
        let limit =
            peers[publisher].publisher!.held(owners[stream].layer)?.pixels
            ?? streams[stream].resolution?.pixels ?? 0
        let lower = peers[publisher].publisher!.tracks[track].streams.filter { other in
            streams[other].hold == .none && streams[other].arrives(at: now)
                && streams[other].resolution.map { $0.pixels < limit } ?? false
        }.sorted {
            streams[$0].resolution?.pixels ?? 0 > streams[$1].resolution?.pixels ?? 0
        }
        for other in lower where replay(other, to: subscriber, at: now) {
            peers[Int(subscriber.peer)].viewer!.reasons[Int(subscriber.track)] = .publisher
            return
        }
    }

    /// What a stream was before it was held, as long as that is to be gone by.
    mutating func heldLayer(_ stream: Int, of publisher: Int, at now: Instant) -> HeldLayer? {
        guard let held = peers[publisher].publisher!.held(owners[stream].layer),
            held.isKnown(arrives: streams[stream].arrives(at: now), at: now)
        else { return nil }
        return held
    }

    /// A layer as viewers may choose it: as it comes, or as it came before it was held.
    mutating func offeredLayer(_ stream: Int, of publisher: Int, at now: Instant) -> OfferedLayer {
        let isActive = streams[stream].isActive(at: now)
        let pixels = streams[stream].resolution?.pixels ?? 0
        if let held = heldLayer(stream, of: publisher, at: now) {
            return OfferedLayer(
                stream: LayerKey(stream: stream).rawValue, rate: held.rate,
                pixels: held.isExpected ? held.pixels : pixels,
                framesPerSecond: held.framesPerSecond, isActive: isActive || held.isExpected)
        }
        return OfferedLayer(
            stream: LayerKey(stream: stream).rawValue, rate: streams[stream].smoothedRate(at: now),
            pixels: pixels,
            framesPerSecond: Int(streams[stream].rates(at: now).framesPerSecond),
            isActive: isActive)
    }
}

extension Publisher {
    /// What of the picture is held, or was until lately. Mutating, because what is only read through an
    /// optional is copied first.
    mutating func hasHeld() -> Bool { !held.isEmpty }

    mutating func held(_ place: Int) -> HeldLayer? { held.first { $0.place == place } }

    mutating func remember(_ layer: HeldLayer) {
        forgetHeld(layer.place)
        held.append(layer)
    }

    mutating func forgetHeld(_ place: Int) { held.removeAll { $0.place == place } }

    /// See ``Forwarding/LayerDemand/advance(watched:arriving:canHold:at:)``.
    mutating func advanceDemand(
        watched: LayerSet, arriving: LayerSet, holds: Bool, at now: Instant
    ) -> LayerDemand.Change {
        let all = watchedElsewhere.reduce(watched) { $0.union($1) }
        return demand.advance(
            watched: all, arriving: arriving, canHold: holds && isTold, at: now)
    }
}
