internal import DatagramIO
internal import ICE
internal import MediaSecurity
internal import Peering
package import Primitives
internal import RTP

/// The transport of a simulated client: a real ICE agent and real SRTP, over a virtual network; a real DTLS
/// handshake where a test is about how long one takes.
package struct SimulatedClient: ~Copyable {
    /// Where the client sends from; a new one is a network that it has changed to.
    package var address: TransportAddress
    let server: TransportAddress
    var connection: ClientConnection
    private var scratch = ByteWriter(capacity: 2048)
    private var clear = ByteWriter(capacity: 4096)

    init(
        address: TransportAddress, server: TransportAddress, local: ICECredentials,
        remote: ICECredentials, transport: consuming SecureTransport, tieBreaker: UInt64,
        at now: Instant
    ) {
        self.address = address
        self.server = server
        connection = ClientConnection(
            local: local, remote: remote, tieBreaker: tieBreaker, remoteCandidates: [server],
            transport: transport, at: now)
    }

    mutating func restartICE(
        local: ICECredentials, remote: ICECredentials, tieBreaker: UInt64, at now: Instant
    ) {
        connection.restartICE(
            local: local, remote: remote, tieBreaker: tieBreaker, remoteCandidates: [server],
            at: now)
    }

    var isConnected: Bool { connection.isConnected }

    /// Sends the connectivity and consent checks that are due.
    mutating func advance(to now: Instant, over network: inout VirtualNetwork) {
        for _ in 0..<8 {
            guard let wakeup = connection.wakeup, wakeup <= now else { return }
            scratch.removeAll()
            guard let target = connection.advance(to: now, into: &scratch) else { return }
            network.send(scratch.array, from: address, to: target, at: now)
        }
    }

    /// Takes a datagram; returns the packet in the clear when it was RTP or RTCP.
    mutating func receive(
        _ datagram: VirtualNetwork.Datagram, at now: Instant, over network: inout VirtualNetwork
    ) -> (input: PeerConnection.Input, clear: [UInt8]) {
        scratch.removeAll()
        clear.removeAll()
        let input = connection.receive(
            datagram.bytes.rawSpan, from: datagram.source, at: now, reply: &scratch,
            clear: &clear)
        if scratch.count > 0 {
            network.send(scratch.array, from: address, to: datagram.source, at: now)
        }
        for datagram in connection.transport.flight.datagrams {
            network.send(datagram, from: address, to: server, at: now)
        }
        connection.transport.flight.removeAll()
        return (input, clear.array)
    }

    mutating func sendRTP(
        _ packet: SimulatedPacket, ssrc: SSRC, payloadType: UInt8,
        element: (id: UInt8, value: [UInt8])? = nil, at now: Instant,
        over network: inout VirtualNetwork
    ) {
        scratch.removeAll()
        scratch.append(element == nil ? 0x80 : 0x90 as UInt8)
        scratch.append((packet.marker ? 0x80 : 0) | payloadType)
        scratch.append(UInt16(truncatingIfNeeded: packet.index))
        scratch.append(packet.timestamp)
        scratch.append(ssrc.rawValue)
        if let element {
            // In the one-byte form (RFC 8285 §4.2), of up to three bytes.
            scratch.append(0xBEDE_0001 as UInt32)
            scratch.append(element.id << 4 | UInt8(element.value.count - 1))
            scratch.append(contentsOf: element.value)
            scratch.append(repeating: 0, count: 3 - element.value.count)
        }
        connection.transport.sealer!.seal(
            headerStart: 0, payload: packet.payload.rawSpan, ssrc: ssrc.rawValue,
            sequence: UInt16(truncatingIfNeeded: packet.index),
            rollover: UInt32(truncatingIfNeeded: packet.index >> 16), into: &scratch)
        network.send(scratch.array, from: address, to: server, at: now)
    }

    /// Sends what a scripted host wants sent, with the extensions that its session has.
    mutating func send(
        _ sending: ScriptedHost.Sending, at now: Instant, over network: inout VirtualNetwork
    ) {
        let number = UInt16(truncatingIfNeeded: sending.packet.index)
        scratch.removeAll()
        RTPHeaderWriter.write(
            marker: sending.packet.marker, payloadType: sending.payloadType,
            sequenceNumber: SequenceNumber(number),
            timestamp: RTPTimestamp(sending.packet.timestamp), ssrc: sending.ssrc,
            hasExtension: sending.hasExtension, into: &scratch)
        sending.writeExtensions(into: &scratch)
        let rollover = UInt32(truncatingIfNeeded: sending.packet.index >> 16)
        let bodyStart = scratch.count
        if let original = sending.original { scratch.append(original) }
        connection.transport.sealer!.seal(
            headerStart: 0, bodyStart: bodyStart, payload: sending.packet.payload.rawSpan,
            ssrc: sending.ssrc.rawValue, sequence: number, rollover: rollover, into: &scratch)
        network.send(scratch.array, from: address, to: server, at: now)
    }

    mutating func sendRTCP(
        at now: Instant, over network: inout VirtualNetwork, _ write: (inout ByteWriter) -> Void
    ) {
        scratch.removeAll()
        write(&scratch)
        connection.transport.sealer!.sealRTCP(start: 0, in: &scratch)
        network.send(scratch.array, from: address, to: server, at: now)
    }
}

/// A packet as a simulated host keeps it for retransmission.
package struct SimulatedPacket: Hashable, Sendable {
    package var index: Int64
    package var timestamp: UInt32
    package var marker: Bool
    package var payload: [UInt8]
    /// Its dependency descriptor, if it has one.
    package var descriptor: [UInt8] = []
}
