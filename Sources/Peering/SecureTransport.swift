package import MediaSecurity
package import Primitives

/// DTLS-SRTP of one peer: the handshake, and from its end the two SRTP directions (RFC 5764).
package struct SecureTransport: ~Copyable {
    package enum State: Hashable, Sendable {
        case handshaking
        case established
        case closed
    }

    package enum Progress: Hashable, Sendable {
        case none
        case established
        case closedByPeer
        case failed(DTLSViolation)
    }

    package private(set) var state: State
    /// Handshake datagrams that wait to be sent to the peer.
    package var flight = DTLSFlight()

    private var handshake: DTLSTransport?
    package private(set) var opener: SRTPOpener?
    package var sealer: SRTPSealer?

    /// Starts with a handshake.
    package init(
        context: DTLSContext, role: DTLSRole, remoteFingerprint: Fingerprint
    ) {
        handshake = DTLSTransport(
            context: context, role: role, remoteFingerprint: remoteFingerprint)
        opener = nil
        sealer = nil
        state = .handshaking
    }

    /// Starts with keys that both sides know already. For simulations in virtual time: OpenSSL's
    /// handshake reads its own clock and draws its own random numbers.
    package init(presharedKeys: SRTPKeyingMaterial) {
        handshake = nil
        opener = SRTPOpener(presharedKeys)
        sealer = SRTPSealer(presharedKeys)
        state = .established
    }

    /// Sends the first flight, if this side is the client.
    package mutating func start() {
        guard state == .handshaking else { return }
        handshake?.start(into: &flight)
    }

    /// Takes a datagram that is DTLS by its first byte (RFC 7983).
    package mutating func receiveHandshake(_ datagram: RawSpan) -> Progress {
        guard state != .closed, handshake != nil else { return .none }
        return apply(handshake!.receive(datagram, into: &flight))
    }

    /// Lets OpenSSL retransmit, if its timer has run out.
    package mutating func handleTimeout() -> Progress {
        guard state == .handshaking, handshake != nil else { return .none }
        return apply(handshake!.handleTimeout(into: &flight))
    }

    /// The time until the handshake's retransmission; `nil` when nothing waits.
    package var timeout: Duration? {
        guard state == .handshaking else { return nil }
        switch handshake {
        case .some(let transport): return transport.timeout
        case .none: return nil
        }
    }

    /// Says goodbye to the peer (close_notify).
    package mutating func close() {
        guard state != .closed else { return }
        state = .closed
        handshake?.close(into: &flight)
    }

    private mutating func apply(_ outcome: DTLSOutcome) -> Progress {
        switch outcome {
        case .handshaking, .ignored:
            return .none
        case .established(let keys):
            opener = SRTPOpener(keys)
            sealer = SRTPSealer(keys)
            state = .established
            return .established
        case .closedByPeer:
            state = .closed
            return .closedByPeer
        case .failed(let violation):
            state = .closed
            return .failed(violation)
        }
    }

    /// Decrypts an RTP packet behind what `clear` holds; on a violation `clear` is as it was.
    package mutating func open(
        _ packet: RawSpan, headerSize: Int, ssrc: UInt32, sequence: UInt16,
        into clear: inout ByteWriter
    ) -> SRTPOutcome? {
        guard opener != nil else { return nil }
        return opener!.open(
            packet, headerSize: headerSize, ssrc: ssrc, sequence: sequence, into: &clear)
    }

    package mutating func openRTCP(
        _ packet: RawSpan, into clear: inout ByteWriter
    ) -> SRTPOutcome? {
        guard opener != nil else { return nil }
        return opener!.openRTCP(packet, into: &clear)
    }
}
