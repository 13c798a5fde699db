package import ICE
package import MediaSecurity
package import Primitives
internal import RTP
package import SDP

/// The client's end of a peer connection: a controlling full ICE agent and the DTLS client.
///
/// What synthetic hosts, the benchmark and simulations connect with. Same shape as
/// ``PeerConnection``, which is the server's end.
package struct ClientConnection: ~Copyable {
    package private(set) var ice: ControllingAgent
    package var transport: SecureTransport
    private var hasStarted = false

    /// - Parameter remoteCandidates: from the answer (see ``ClientAnswer``).
    package init(
        local: ICECredentials, remote: ICECredentials, tieBreaker: UInt64,
        remoteCandidates: [TransportAddress], transport: consuming SecureTransport,
        at now: Instant
    ) {
        ice = ControllingAgent(
            local: local, remote: remote, tieBreaker: tieBreaker,
            remoteCandidates: remoteCandidates, at: now)
        self.transport = transport
    }

    /// Starts an ICE restart (RFC 8445 §9): a new agent, while the security stays.
    package mutating func restartICE(
        local: ICECredentials, remote: ICECredentials, tieBreaker: UInt64,
        remoteCandidates: [TransportAddress], at now: Instant
    ) {
        ice = ControllingAgent(
            local: local, remote: remote, tieBreaker: tieBreaker,
            remoteCandidates: remoteCandidates, at: now)
    }

    /// Where to send; `nil` before ICE has found a path.
    package var remoteAddress: TransportAddress? { ice.usable }
    package var isConnected: Bool { ice.selected != nil && transport.state == .established }

    /// When ``advance(to:into:)`` next has something to do.
    package var wakeup: Instant? { ice.wakeup }

    /// Writes at most one due ICE request, and says where it goes.
    package mutating func advance(
        to now: Instant, into output: inout ByteWriter
    ) -> TransportAddress? {
        ice.advance(to: now, into: &output)
    }

    package mutating func receive(
        _ datagram: RawSpan, from source: TransportAddress, at now: Instant,
        reply: inout ByteWriter, clear: inout ByteWriter
    ) -> PeerConnection.Input {
        switch RTPClassifier.classify(datagram) {
        case .rtp:
            guard let header = try? RTPHeader(parsingHeaderOf: datagram),
                transport.open(
                    datagram, headerSize: header.size, ssrc: header.ssrc.rawValue,
                    sequence: header.sequenceNumber.rawValue, into: &clear) == .opened
            else { return .ignored }
            return .rtp
        case .rtcp:
            return transport.openRTCP(datagram, into: &clear) == .opened ? .rtcp : .ignored
        case .stun:
            let outcome = ice.receive(datagram, from: source, at: now, reply: &reply)
            startHandshakeOnce()
            if case .nominated(let path) = outcome { return .stun(path: path, isNewPath: true) }
            return .stun(path: ice.selected, isNewPath: false)
        case .dtls:
            return .handshake(transport.receiveHandshake(datagram))
        case .turnChannel, .unknown:
            return .ignored
        }
    }

    private mutating func startHandshakeOnce() {
        guard ice.usable != nil, !hasStarted else { return }
        hasStarted = true
        transport.start()
    }
}

/// What a client reads from an answer.
package struct ClientAnswer: Hashable, Sendable {
    package var credentials: ICECredentials
    package var fingerprint: Fingerprint
    package var candidates: [TransportAddress]
    /// What the client is in the handshake: the DTLS client, unless the server wants to be it
    /// (`a=setup:active`).
    package var role: DTLSRole

    package init(parsing answer: SessionDescription) throws(NegotiationError) {
        guard let media = answer.media.first(where: { $0.port != 0 }),
            let ufrag = media.iceUfrag(in: answer), let password = media.icePwd(in: answer),
            let line = media.fingerprints(in: answer).first,
            let fingerprint = Fingerprint(sdpValue: "\(line.hash) \(line.value)")
        else { throw .unusable("the answer has no accepted media section with ICE and DTLS") }
        credentials = ICECredentials(ufrag: ufrag, password: Redacted(password))
        self.fingerprint = fingerprint
        role = media.setup(in: answer) == .active ? .server : .client
        candidates = media.candidates.compactMap {
            TransportAddress(host: $0.address, port: UInt16(clamping: $0.port))
        }
    }
}
