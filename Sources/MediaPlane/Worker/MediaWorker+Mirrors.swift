package import DatagramIO
internal import Forwarding
internal import Peering
internal import Primitives
internal import RTP
internal import Signalling

// A stage spans all workers. Each publisher belongs to one, its home, and is mirrored by the others: a
// peer without a connection, with streams and viewers of its own. As long as a mirror has viewers, home
// hands it each packet once, in the clear; the mirror forwards to its viewers and answers their NACKs
// out of its own history. Only wishes for keyframes go back.

extension MediaWorker {
    // MARK: - At home

    /// A mirror has viewers from now on, or no longer.
    mutating func setListening(_ listener: Listener, to resource: ResourceID, _ isListening: Bool) {
        guard let index = resources[resource], peers[index].publisher != nil else { return }
        peers[index].publisher!.listeners.removeAll { $0.worker == listener.worker }
        if isListening { peers[index].publisher!.listeners.append(listener) }
    }

    /// Hands the packet in ``clear`` to every mirror that has viewers.
    mutating func handOver(_ binding: Publisher.Binding, of index: Int, at received: Instant) {
        for position in 0..<peers[index].publisher!.listeners.count {
            let listener = peers[index].publisher!.listeners[position]
            Self.hand(
                .packet(
                    listener, track: binding.track, layer: binding.layer,
                    isRetransmission: binding.isRetransmission), clear, to: listener.worker,
                at: received, by: &outbox)
        }
    }

    // Both are passed, because through `self` the accesses would overlap.
    private static func hand(
        _ kind: HandOver.Kind, _ clear: borrowing ByteWriter, to worker: Int, at received: Instant,
        by outbox: inout Outbox
    ) {
        outbox.append(kind, clear.bytes, to: worker, at: received)
    }

    mutating func handOver(_ report: SenderReport, of index: Int, at now: Instant) {
        for listener in peers[index].publisher!.listeners {
            outbox.append(.senderReport(listener, report), RawSpan(), to: listener.worker, at: now)
        }
    }

    mutating func wishKeyframe(of ssrc: SSRC, from resource: ResourceID) {
        guard let index = resources[resource], peers[index].publisher != nil,
            let position = peers[index].publisher!.binding(of: ssrc)
        else { return }
        streams[peers[index].publisher!.bindings[position].stream].keyframes.want()
        wish(index)
    }

    /// Has the other workers mirror a publisher. Home says so itself, so that whatever they answer
    /// finds it there.
    mutating func beginMirrors(of setup: PeerSetup) {
        tellOthers(.mirror(setup, home: configuration.place.index))
    }

    mutating func endMirrors(of resource: ResourceID) { tellOthers(.unmirror(resource)) }

    mutating func tellOthers(_ command: MediaCommand) {
        for worker in 0..<configuration.place.count where worker != configuration.place.index {
            outbox.append(command, to: worker)
        }
    }

    // MARK: - At the mirror

    mutating func addMirror(_ setup: PeerSetup, home: Int, at now: Instant) {
        guard case .publisher(let tracks) = setup.role else { return }
        var publisher = Publisher(
            tracks: tracks, reporterSSRC: SSRC(0), workers: configuration.place.count, at: now)
        publisher.home = home
        let peer = Peer(
            session: setup.session, connection: nil, publisher: publisher, viewer: nil,
            ufragKeys: [], at: now)
        guard let index = peers.insert(peer) else {
            counters.peersRefused += 1
            return
        }
        resources[setup.session.resource] = index
        enter(index, at: now)
        wake(index, at: now + Limits.publisherTick)
    }

    mutating func removeMirror(
        _ resource: ResourceID, at now: Instant, into sink: inout some DatagramSink & ~Copyable
    ) {
        guard let index = resources[resource], peers[index].isMirror else { return }
        remove(index, at: now, into: &sink)
    }

    /// Tells a mirror's home when it gets its first viewer, and when it has lost its last.
    mutating func noteAudience(of publisher: Int) {
        guard let home = peers[publisher].publisher!.home else { return }
        let hasViewers = peers[publisher].publisher!.tracks.contains { !$0.viewers.isEmpty }
        guard hasViewers != peers[publisher].publisher!.isListening else { return }
        peers[publisher].publisher!.isListening = hasViewers
        let listener = Listener(
            worker: configuration.place.index, place: Int32(publisher),
            generation: peers.generation(of: publisher))
        outbox.append(
            .listen(peers[publisher].session.resource, listener, hasViewers), to: home)
    }

    /// Passes the wishes for keyframes on to a mirror's home.
    mutating func passWishesOn(of index: Int, to home: Int, at now: Instant) {
        updateDemand(of: index, at: now)
        for track in 0..<peers[index].publisher!.tracks.count {
            for stream in peers[index].publisher!.tracks[track].streams {
                switch streams[stream].takeKeyframeRequest(at: now) {
                case .nothing: continue
                case .abandoned: counters.keyframesAbandoned += 1
                case .request:
                    outbox.append(
                        .wishKeyframe(
                            streams[stream].description.ssrc, of: peers[index].session.resource),
                        to: home)
                }
            }
        }
    }

    // MARK: - Between them

    /// Takes what another worker has handed over.
    package mutating func take(
        _ record: RawSpan, into sink: inout some DatagramSink & ~Copyable
    ) {
        let handOver = HandOver(reading: record)
        let body = record.extracting(handOver.body)
        switch handOver.kind {
        case .datagram(let source, let local, let worker):
            receive(
                body, from: source, via: local, at: handOver.received, handedBy: worker,
                into: &sink)
        case .packet(let listener, let track, let layer, let isRetransmission):
            guard let index = mirror(listener) else { return }
            receiveMirrored(
                body, of: index, track: track, layer: layer, isRetransmission: isRetransmission,
                at: handOver.received)
        case .senderReport(let listener, let report):
            guard let index = mirror(listener) else { return }
            note(report, fromPublisher: index, at: handOver.received)
        case .level(let listener, let level):
            guard let index = mirror(listener) else { return }
            hear(level, from: index, at: handOver.received)
        }
    }

    private func mirror(_ listener: Listener) -> Int? {
        let index = Int(listener.place)
        guard peers.isOccupied(index), peers.generation(of: index) == listener.generation else {
            return nil
        }
        return index
    }

    private mutating func receiveMirrored(
        _ packet: RawSpan, of index: Int, track: Int, layer: Int, isRetransmission: Bool,
        at received: Instant
    ) {
        guard let header = try? RTPHeader(parsing: packet) else { return }
        let known = peers[index].publisher!.binding(of: header.ssrc).map {
            peers[index].publisher!.bindings[$0]
        }
        guard
            let binding = known
                ?? bindMirrored(
                    header.ssrc, of: index, track: track, layer: layer,
                    isRetransmission: isRetransmission, at: received)
        else { return }
        let stream = binding.stream
        let arrival =
            binding.isRetransmission
            ? streams[stream].receiveRetransmission(packet, header: header, at: received)
            : streams[stream].receive(packet, header: header, at: received)
        if arrival == .fresh { markDirty(stream) }
    }

    /// Binds an SSRC to what home says that it is.
    private mutating func bindMirrored(
        _ ssrc: SSRC, of index: Int, track: Int, layer: Int, isRetransmission: Bool,
        at now: Instant
    ) -> Publisher.Binding? {
        let rids = peers[index].publisher!.tracks[track].offered.rids
        let rid = layer < rids.count ? rids[layer] : ""
        guard isRetransmission else {
            return bindMedia(ssrc, rid: rid, track: track, from: index, at: now)
        }
        // Without the stream itself there is nothing to repair.
        let stream = peers[index].publisher!.tracks[track].streams.first {
            streams[$0].description.rid == rid
        }
        return stream.map { bind(ssrc, track: track, layer: layer, stream: $0, of: index) }
    }
}

// Datagrams of one worker's peers that come to another one's socket.
extension MediaWorker {
    /// Hands a datagram to the worker that knows its source, or that made the ufrag in it.
    /// - Returns: false when nobody does.
    mutating func passOn(
        _ datagram: RawSpan, from source: TransportAddress, via local: LocalAddress,
        at received: Instant
    ) -> Bool {
        guard configuration.place.count > 1,
            datagram.byteCount <= DatagramIO.Limits.datagramCapacity,
            let owner = owner(ofRequest: datagram) ?? foreign.find(source),
            owner != configuration.place.index
        else { return false }
        counters.handedOn += 1
        outbox.append(
            .datagram(from: source, via: local, by: configuration.place.index), datagram,
            to: owner, at: received)
        return true
    }

    /// From now on, what an address sends belongs to another worker: one of its peers has proved it.
    mutating func route(_ address: TransportAddress, to worker: Int) {
        if let former = addresses.find(address), peers.isOccupied(former) {
            peers[former].addresses.removeAll { $0.address == address }
            addresses.remove(address)
        }
        _ = foreign.insert(address, peer: worker)
    }

    mutating func unroute(_ address: TransportAddress) { foreign.remove(address) }
}
