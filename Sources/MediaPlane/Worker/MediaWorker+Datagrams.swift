package import DatagramIO
internal import Forwarding
internal import ICE
internal import MediaSecurity
internal import Peering
package import Primitives
internal import RTP
internal import Signalling

extension MediaWorker {
    /// Takes one datagram.
    ///
    /// - Parameters:
    ///   - local: the address of ours that it came to.
    ///   - received: when the kernel got it, on the monotonic clock.
    ///   - handedBy: the worker to whose socket it came; `nil` when it came to this one's.
    package mutating func receive(
        _ datagram: RawSpan, from source: TransportAddress, via local: LocalAddress = .any,
        at received: Instant, handedBy: Int? = nil, into sink: inout some DatagramSink & ~Copyable
    ) {
        // A STUN request says whom it is for. A client that opens a second connection from one
        // socket, or a NAT that gives a port away again, would otherwise be taken for the first.
        guard let index = peer(of: datagram, from: source) else {
            if handedBy != nil || !passOn(datagram, from: source, via: local, at: received) {
                counters.unknownSource += 1
            }
            return
        }
        if !peers[index].wasConnected, RTPClassifier.classify(datagram) == .dtls {
            return postpone(datagram, of: index)
        }
        makeRoom(into: &sink)
        let start = queue.arena.count
        clear.removeAll()
        let input = peers[index].connection!.receive(
            datagram, from: source, at: received, reply: &queue.arena, clear: &clear)
        queue.commit(from: start, to: source, via: local)
        switch input {
        case .rtp: receiveRTP(from: index, size: datagram.byteCount, at: received)
        case .rtcp: receiveRTCP(from: index, at: received, into: &sink)
        case .stun(let path, let isNewPath):
            peers[index].network.noteHeard(at: received)
            noteAddress(source, of: index, handedBy: handedBy)
            if peers[index].remoteAddress == source { peers[index].local = local }
            if isNewPath, let path { noteAddress(path, of: index, handedBy: handedBy) }
            noteConnection(index, at: received)
        case .handshake(let progress):
            noteHandshake(progress, of: index, at: received, into: &sink)
        case .ignored: counters.violations += 1
        }
    }

    private mutating func postpone(_ datagram: RawSpan, of index: Int) {
        let entry = HandshakeQueue.Entry(
            peer: index, generation: peers.generation(of: index), datagram: datagram.array)
        guard peers[index].waitingHandshakes < Limits.waitingHandshakesPerPeer,
            handshakes.append(entry)
        else {
            counters.handshakesDropped += 1
            return
        }
        peers[index].waitingHandshakes += 1
    }

    /// Takes one step of one handshake.
    package mutating func advanceHandshakes(
        at now: Instant, into sink: inout some DatagramSink & ~Copyable
    ) {
        guard let entry = handshakes.popFirst() else { return }
        guard peers.isOccupied(entry.peer), peers.generation(of: entry.peer) == entry.generation
        else { return }
        peers[entry.peer].waitingHandshakes -= 1
        let progress = peers[entry.peer].connection!.transport.receiveHandshake(
            entry.datagram.rawSpan)
        noteHandshake(progress, of: entry.peer, at: now, into: &sink)
        endTurn(at: now, into: &sink)
    }

    private mutating func noteHandshake(
        _ progress: SecureTransport.Progress, of index: Int, at now: Instant,
        into sink: inout some DatagramSink & ~Copyable
    ) {
        sendFlight(of: index, into: &sink)
        apply(progress, to: index, at: now, into: &sink)
    }

    /// The peer that a datagram is for: by the first half of a STUN request's USERNAME
    /// (RFC 8445 §7.2.2), or by where it comes from. Whether a request really comes from that peer,
    /// its MESSAGE-INTEGRITY will say.
    @inline(__always)
    private func peer(of datagram: RawSpan, from source: TransportAddress) -> Int? {
        guard let range = ufragRange(in: datagram) else { return addresses.find(source) }
        if let index = ufrags[datagram.uint64(at: range.lowerBound)] { return index }
        let owner = ICECredentials.owner(firstLetter: datagram.byte(at: range.lowerBound))
        let isAnothers =
            configuration.place.count > 1 && owner != nil && owner != configuration.place.index
        return isAnothers ? nil : addresses.find(source)
    }

    /// The worker that made the ufrag in a STUN request.
    func owner(ofRequest datagram: RawSpan) -> Int? {
        guard let range = ufragRange(in: datagram),
            let owner = ICECredentials.owner(firstLetter: datagram.byte(at: range.lowerBound)),
            owner < configuration.place.count
        else { return nil }
        return owner
    }

    private func ufragRange(in datagram: RawSpan) -> Range<Int>? {
        guard RTPClassifier.classify(datagram) == .stun,
            let range = STUN.localUfragRange(in: datagram), range.count == 8
        else { return nil }
        return range
    }

    /// The key of a ufrag of ours in ``ufrags``: its eight characters as a number.
    static func ufragKey(_ ufrag: String) -> UInt64 {
        let bytes = Array(ufrag.utf8)
        precondition(bytes.count == 8, "our ufrags have eight characters")
        return bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Remembers that an address has authenticated itself for a peer.
    private mutating func noteAddress(
        _ address: TransportAddress, of index: Int, handedBy: Int?
    ) {
        guard !peers[index].addresses.contains(where: { $0.address == address }) else { return }
        // The oldest makes room, but never the one that media takes.
        let selected = peers[index].remoteAddress
        if peers[index].addresses.count == Limits.addressesPerPeer,
            let oldest = peers[index].addresses.firstIndex(where: { $0.address != selected })
        {
            forget(peers[index].addresses.remove(at: oldest))
        }
        if let other = addresses.find(address), other != index, peers.isOccupied(other) {
            peers[other].addresses.removeAll { $0.address == address }
        }
        guard addresses.insert(address, peer: index) else { return }
        peers[index].addresses.append(Peer.Address(address: address, handedBy: handedBy))
        foreign.remove(address)
        if let handedBy {
            outbox.append(.route(address, to: configuration.place.index), to: handedBy)
        }
    }

    /// Takes an address out of the table, and out of that of the worker that hands its datagrams on.
    mutating func forget(_ entry: Peer.Address) {
        addresses.remove(entry.address)
        if let handedBy = entry.handedBy { outbox.append(.unroute(entry.address), to: handedBy) }
    }

    mutating func sendFlight(of index: Int, into sink: inout some DatagramSink & ~Copyable) {
        let flight = peers[index].takeFlight()
        guard let destination = peers[index].remoteAddress else { return }
        for datagram in flight {
            makeRoom(into: &sink)
            let start = queue.arena.count
            queue.arena.append(contentsOf: datagram)
            queue.commit(from: start, to: destination, via: peers[index].local)
        }
    }

    mutating func apply(
        _ progress: SecureTransport.Progress, to index: Int, at now: Instant,
        into sink: inout some DatagramSink & ~Copyable
    ) {
        switch progress {
        case .none: break
        case .established: noteConnection(index, at: now)
        case .closedByPeer: end(index, because: .closedByPeer, at: now, into: &sink)
        case .failed: end(index, because: .handshakeFailed, at: now, into: &sink)
        }
    }

    private mutating func noteConnection(_ index: Int, at now: Instant) {
        guard !peers[index].wasConnected, peers[index].isConnected else { return }
        peers[index].wasConnected = true
        report(.connected(peers[index].session.resource))
        if peers[index].viewer != nil { attachPublishers(to: index, at: now) }
        notePublisherAbsence(of: index, at: now)
    }
}
