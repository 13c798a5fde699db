import DatagramIO
import ICE
import MediaSecurity
import Peering
import Primitives

/// A client's connection with its socket: the servers tell clients apart by their addresses.
struct Link: ~Copyable {
    let id: ClientID
    let startedAt: Instant
    var socket: DatagramSocket
    var connection: ClientConnection
    /// Whether ICE and DTLS are done.
    private(set) var isLive = false
    /// Set once there is no more to expect.
    private(set) var end: ClientEnd?

    init(
        _ order: ClientOrder, context: DTLSContext, tieBreaker: UInt64, at now: Instant
    ) throws(SystemError) {
        id = order.id
        startedAt = order.startedAt
        let candidates = order.answer.candidates.filter(\.isIPv4)
        let isNear = candidates.contains(where: \.isLoopback)
        socket = try DatagramSocket(
            bindingTo: TransportAddress(ipv4: isNear ? 0x7F00_0001 : 0, port: 0),
            // As a network card hands over what came together; and the sender is not charged for it.
            coalesces: true)
        connection = ClientConnection(
            local: order.credentials, remote: order.answer.credentials, tieBreaker: tieBreaker,
            // A socket on loopback reaches what is there; checks of others would only cost time.
            remoteCandidates: isNear ? candidates.filter(\.isLoopback) : candidates,
            transport: SecureTransport(
                context: context, role: order.answer.role,
                remoteFingerprint: order.answer.fingerprint),
            at: now)
    }

    /// Sends what the connection has to say by now, and gives it up when it is over.
    mutating func advance(to now: Instant, on bench: inout Workbench) {
        guard end == nil else { return }
        guard !connection.ice.hasExpired(at: now) else {
            end = .noPath
            return
        }
        let start = bench.queue.arena.count
        if let target = connection.advance(to: now, into: &bench.queue.arena) {
            bench.queue.commit(from: start, to: target)
        }
        if let timeout = connection.transport.timeout, timeout <= .zero {
            note(connection.transport.handleTimeout(), at: now, on: &bench)
        }
        sendFlight(on: &bench)
    }

    /// Takes a datagram that is not RTP.
    /// - Returns: whether RTCP is at the end of the bench's clear bytes.
    mutating func receive(
        _ datagram: RawSpan, from source: TransportAddress, at now: Instant,
        on bench: inout Workbench
    ) -> Bool {
        let start = bench.queue.arena.count
        let input = connection.receive(
            datagram, from: source, at: now, reply: &bench.queue.arena, clear: &bench.clear)
        bench.queue.commit(from: start, to: source)
        switch input {
        case .rtcp: return true
        case .handshake(let progress): note(progress, at: now, on: &bench)
        case .ignored, .stun, .rtp: break
        }
        sendFlight(on: &bench)
        return false
    }

    private mutating func note(
        _ progress: SecureTransport.Progress, at now: Instant, on bench: inout Workbench
    ) {
        switch progress {
        case .none: break
        case .closedByPeer: end = .closedByServer
        case .failed: end = .handshakeFailed
        case .established:
            isLive = true
            bench.events.append(.connected(id, after: now - startedAt))
        }
    }

    private mutating func sendFlight(on bench: inout Workbench) {
        if let target = connection.remoteAddress {
            for datagram in connection.transport.flight.datagrams {
                let start = bench.queue.arena.count
                bench.queue.arena.append(contentsOf: datagram)
                bench.queue.commit(from: start, to: target)
            }
        }
        connection.transport.flight.removeAll()
    }

    /// Seals what was appended to the queue since `start` as RTCP, and queues it.
    mutating func sendRTCP(from start: Int, on bench: inout Workbench) {
        guard let target = connection.remoteAddress, connection.transport.sealer != nil,
            bench.queue.arena.count > start
        else { return bench.queue.arena.truncate(to: start) }
        connection.transport.sealer?.sealRTCP(start: start, in: &bench.queue.arena)
        bench.queue.commit(from: start, to: target)
    }

    mutating func flush(_ bench: inout Workbench) {
        if !bench.queue.isEmpty { socket.flush(&bench.queue) }
    }

    /// Says goodbye.
    mutating func leave(on bench: inout Workbench) {
        connection.transport.close()
        sendFlight(on: &bench)
        flush(&bench)
    }
}
