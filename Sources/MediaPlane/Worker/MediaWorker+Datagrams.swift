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
    package mutating func receive(
        _ datagram: RawSpan, from source: TransportAddress, via local: LocalAddress = .any,
        at received: Instant, into sink: inout some DatagramSink & ~Copyable
    ) {
        // A STUN request says whom it is for. A client that opens a second connection from one
        // socket, or a NAT that gives a port away again, would otherwise be taken for the first.
        guard let index = peer(ofRequest: datagram) ?? addresses.find(source) else {
            counters.unknownSource += 1
            return
        }
        makeRoom(into: &sink)
        let start = queue.arena.count
        clear.removeAll()
        let input = peers[index].connection.receive(
            datagram, from: source, at: received, reply: &queue.arena, clear: &clear)
        queue.commit(from: start, to: source, via: local)
        switch input {
        case .rtp: receiveRTP(from: index, size: datagram.byteCount, at: received)
        case .rtcp: receiveRTCP(from: index, at: received, into: &sink)
        case .stun(let path, let isNewPath):
            peers[index].network.noteHeard(at: received)
            noteAddress(source, of: index)
            if peers[index].connection.remoteAddress == source { peers[index].local = local }
            if isNewPath, let path { noteAddress(path, of: index) }
            noteConnection(index, at: received)
        case .handshake(let progress):
            sendFlight(of: index, into: &sink)
            apply(progress, to: index, at: received, into: &sink)
        case .ignored: counters.violations += 1
        }
    }

    /// The peer that a STUN request is for, by the first half of its
    /// USERNAME (RFC 8445 §7.2.2). Whether it really comes from that peer, its MESSAGE-INTEGRITY
    /// will say.
    private func peer(ofRequest datagram: RawSpan) -> Int? {
        guard RTPClassifier.classify(datagram) == .stun,
            let range = STUN.localUfragRange(in: datagram),
            range.count == 8
        else { return nil }
        return ufrags[datagram.uint64(at: range.lowerBound)]
    }

    /// The key of a ufrag of ours in ``ufrags``: its eight characters as a number.
    static func ufragKey(_ ufrag: String) -> UInt64 {
        let bytes = Array(ufrag.utf8)
        precondition(bytes.count == 8, "our ufrags have eight characters")
        return bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Remembers that an address has authenticated itself for a peer.
    private mutating func noteAddress(_ address: TransportAddress, of index: Int) {
        guard !peers[index].addresses.contains(address) else { return }
        // The oldest makes room, but never the one that media takes.
        if peers[index].addresses.count == Limits.addressesPerPeer,
            let oldest = peers[index].addresses.firstIndex(where: {
                $0 != peers[index].connection.remoteAddress
            })
        {
            addresses.remove(peers[index].addresses.remove(at: oldest))
        }
        if let other = addresses.find(address), other != index, peers.isOccupied(other) {
            peers[other].addresses.removeAll { $0 == address }
        }
        if addresses.insert(address, peer: index) { peers[index].addresses.append(address) }
    }

    mutating func sendFlight(of index: Int, into sink: inout some DatagramSink & ~Copyable) {
        guard let destination = peers[index].connection.remoteAddress else {
            peers[index].connection.transport.flight.removeAll()
            return
        }
        for datagram in peers[index].connection.transport.flight.datagrams {
            makeRoom(into: &sink)
            let start = queue.arena.count
            queue.arena.append(contentsOf: datagram)
            queue.commit(from: start, to: destination, via: peers[index].local)
        }
        peers[index].connection.transport.flight.removeAll()
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
        guard !peers[index].wasConnected, peers[index].connection.isConnected else { return }
        peers[index].wasConnected = true
        report(.connected(peers[index].session.resource))
        if peers[index].viewer != nil { attachPublishers(to: index, at: now) }
        notePublisherAbsence(of: index, at: now)
    }
}
