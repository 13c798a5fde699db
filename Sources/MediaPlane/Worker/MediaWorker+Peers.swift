internal import Congestion
package import DatagramIO
internal import Forwarding
internal import ICE
internal import MediaSecurity
internal import Peering
package import Primitives
internal import RTP
internal import Signalling

extension MediaWorker {
    /// Does what the control plane asks.
    package mutating func handle(
        _ command: MediaCommand, at now: Instant, into sink: inout some DatagramSink & ~Copyable
    ) {
        switch command {
        case .add(let setup):
            if !add(setup, at: now) {
                counters.peersRefused += 1
                report(.ended(setup.session.resource, .atCapacity))
            }
        case .remove(let resource):
            guard let index = resources[resource] else { return }
            remove(index, at: now, into: &sink)
        case .replicate(let replication): replicate(replication, at: now)
        case .stopReplicating(let replication): stopReplicating(replication, at: now)
        case .restartICE(let resource, let local, let remote):
            guard let index = resources[resource] else { return }
            let key = Self.ufragKey(local.ufrag)
            ufrags[key] = index
            peers[index].ufragKeys.append(key)
            // The agent knows the credentials in use and the newest; older ones open nothing.
            if peers[index].ufragKeys.count > Limits.ufragsPerPeer {
                let oldest = peers[index].ufragKeys.removeFirst()
                if ufrags[oldest] == index, oldest != key { ufrags[oldest] = nil }
            }
            peers[index].connection!.restartICE(local: local, remote: remote, at: now)
        case .setForwarding(let publisher, let stage, let forwarded):
            setForwarding(of: publisher, on: stage, forwarded)
        case .setWish(let wish, let publisher, let resource):
            setWish(wish, of: publisher, for: resource, at: now)
        case .setTold(let resource, let isTold): setTold(resource, isTold, at: now)
        case .mirror(let setup, let home): addMirror(setup, home: home, at: now)
        case .unmirror(let resource): removeMirror(resource, at: now, into: &sink)
        case .listen(let resource, let listener, let isListening):
            setListening(listener, to: resource, isListening)
        case .watchLayers(let resource, let watched, let worker):
            noteWatched(watched, of: resource, by: worker, at: now)
        case .holdLayers(let resource, let layers): holdLayers(layers, of: resource, at: now)
        case .setLoud(let resource, let isLoud): takeLoud(resource, isLoud)
        case .hear(let resource, let listener): setHearing(listener, to: resource)
        case .rankSpeakers(let ranking, let stage): rankSpeakers(ranking, on: stage, at: now)
        case .wishKeyframe(let ssrc, let resource): wishKeyframe(of: ssrc, from: resource)
        case .route(let address, let worker): route(address, to: worker)
        case .unroute(let address): unroute(address)
        }
    }

    /// - Returns: false when the worker is full.
    private mutating func add(_ setup: PeerSetup, at now: Instant) -> Bool {
        let connection = PeerConnection(
            local: setup.local, remote: setup.remote,
            transport: makeTransport(setup.security), at: now)
        let key = Self.ufragKey(setup.local.ufrag)
        let peer: Peer
        switch setup.role {
        case .publisher(let tracks):
            let reporter = SSRC(UInt32.random(in: 1...UInt32.max, using: &random))
            peer = Peer(
                session: setup.session, connection: connection,
                publisher: Publisher(
                    tracks: tracks, reporterSSRC: reporter, workers: configuration.place.count,
                    at: now),
                viewer: nil, ufragKeys: [key], at: now)
        case .viewer(let slots):
            peer = Peer(
                session: setup.session, connection: connection, publisher: nil,
                viewer: Viewer(slots, at: now, using: &random), ufragKeys: [key], at: now)
        }
        guard let index = peers.insert(peer) else { return false }
        resources[setup.session.resource] = index
        ufrags[key] = index
        if peers[index].publisher != nil { beginMirrors(of: setup) }
        enter(index, at: now)
        wake(index, at: now + Limits.connectingTick)
        return true
    }

    private func makeTransport(_ security: PeerSetup.Security) -> SecureTransport {
        switch security {
        case .dtls(let fingerprint):
            SecureTransport(
                context: configuration.dtls, role: .server, remoteFingerprint: fingerprint)
        case .presharedKeys(let keys):
            SecureTransport(presharedKeys: keys)
        }
    }

    /// Ends a peer of its own accord or for lack of life, and says so.
    mutating func end(
        _ index: Int, because reason: EndReason, at now: Instant,
        into sink: inout some DatagramSink & ~Copyable
    ) {
        report(.ended(peers[index].session.resource, reason))
        remove(index, at: now, into: &sink)
    }

    /// Takes every peer out, and tells it so: the worker ends.
    package mutating func removeAll(
        at now: Instant, into sink: inout some DatagramSink & ~Copyable
    ) {
        for index in 0..<peers.endIndex where peers.isOccupied(index) {
            remove(index, at: now, into: &sink)
        }
        flush(into: &sink)
    }

    /// Takes a peer out of every table, and everything it sent or was to get with it.
    mutating func remove(
        _ index: Int, at now: Instant, into sink: inout some DatagramSink & ~Copyable
    ) {
        if peers[index].connection != nil {
            peers[index].connection!.transport.close()
            sendFlight(of: index, into: &sink)
        }
        let resource = peers[index].session.resource
        if peers[index].publisher != nil, !peers[index].isMirror { endMirrors(of: resource) }
        leave(index, at: now)
        endProtections(of: index)
        for key in peers[index].ufragKeys where ufrags[key] == index { ufrags[key] = nil }
        for entry in peers[index].addresses where addresses.find(entry.address) == index {
            forget(entry)
        }
        resources[resource] = nil
        schedule.forget(index)
        peers.remove(index)
    }
}
