internal import Congestion
internal import Forwarding
internal import Primitives

// Layers within one stream: spatial ones are offered like those of simulcast, temporal ones are taken away
// while what is sent does not fit.

extension MediaWorker {
    /// Offers the spatial layers of a stream one by one.
    /// - Returns: false, with nothing appended, where it has one.
    func appendSpatialLayers(of layer: OfferedLayer, to layers: inout OfferedLayers) -> Bool {
        let stream = layer.key.stream
        let highest = streams[stream].shares.highest
        guard highest.spatial > 0 else { return false }
        for spatial in 0...highest.spatial {
            var part = layer
            part.stream = LayerKey(stream: stream, spatial: spatial).rawValue
            part.rate = layer.rate.scaled(
                by: streams[stream].shares.share(spatial: spatial, temporal: highest.temporal))
            // Each has twice the width and height of the one below, in all the modes that WebRTC names but
            // those with "h" (W3C Scalable Video Coding, §6).
            part.pixels = layer.pixels >> (2 * Int(highest.spatial - spatial))
            layers.append(part)
        }
        return true
    }

    /// The only picture is given with fewer frames before it is paused.
    mutating func allowFewerFrames() {
        let pictures = watched.count { $0.layers.count > 0 }
        guard pictures == 1, let place = watched.firstIndex(where: { $0.layers.count > 0 }) else {
            return
        }
        for position in 0..<watched[place].layers.count {
            let layer = watched[place].layers[position]
            let shares = streams[layer.key.stream].shares
            let (least, whole) = (
                shares.share(spatial: layer.key.spatial, temporal: 0),
                shares.share(
                    spatial: layer.key.spatial, temporal: LayerTarget.highest.temporal)
            )
            guard whole > least, layer.rate > .zero else { continue }
            watched[place].layers[position].leastRate = layer.rate.scaled(by: least / whole)
        }
    }

    /// Lets a viewer's pictures do without temporal layers as long as what is sent to it is more than its
    /// network carries: what is to be sent comes with a keyframe only.
    mutating func thin(_ viewer: Int, at now: Instant) {
        let sources = collectSent(to: viewer, at: now)
        peers[viewer].viewer!.thin(sentPictures, of: sources, at: now)
        var position = 0
        for track in SetBits(peers[viewer].viewer!.pictures) {
            guard let stream = sentStream(onTrack: track, of: viewer) else { continue }
            let spatial =
                stream == peers[viewer].viewer!.targets[track]
                ? peers[viewer].viewer!.spatials[track] : LayerTarget.highest.spatial
            let temporal = peers[viewer].viewer!.thinning.highest(of: sentPictures[position])
            position += 1
            peers[viewer].viewer!.tracks[track].want(
                LayerTarget(spatial: spatial, temporal: temporal))
        }
    }

    /// - Returns: what names the streams that its pictures are fed by.
    private mutating func collectSent(to viewer: Int, at now: Instant) -> Int {
        sentPictures.removeAll(keepingCapacity: true)
        var sources = 0
        for track in SetBits(peers[viewer].viewer!.pictures) {
            guard let stream = sentStream(onTrack: track, of: viewer) else { continue }
            sources = (sources &* 31) ^ (stream &+ 1)
            let rate = streams[stream].smoothedRate(at: now)
            let spatial = peers[viewer].viewer!.spatials[track]
            let shares = streams[stream].shares
            sentPictures.append(
                LayerRates(highest: shares.highest.temporal) { temporal in
                    rate.scaled(by: shares.share(spatial: spatial, temporal: temporal))
                })
        }
        return sources
    }

    /// The stream that a picture is fed by now.
    private mutating func sentStream(onTrack track: Int, of viewer: Int) -> Int? {
        guard let (stream, generation) = peers[viewer].viewer!.tracks[track].feed,
            isPresent(stream, generation), isForwarded(stream)
        else { return nil }
        return stream
    }
}

extension Viewer {
    /// - Parameters:
    ///   - pictures: what is sent now.
    ///   - sources: names the streams that it is of.
    mutating func thin(_ pictures: [LayerRates], of sources: Int, at now: Instant) {
        let budget = measuredTarget()?.subtracting(allocatedSound)
        thinning.thin(pictures, of: sources, budget: budget, at: now)
    }
}
