package import ICE
internal import MediaSecurity
package import Primitives
internal import RTP

/// The server's end of one peer connection: ICE-lite, DTLS-SRTP, and what a datagram turns out to be.
///
/// Bytes in, bytes out: replies are appended to a writer that the caller sends, decrypted packets to
/// one that it reads. No clock, no socket.
package struct PeerConnection: ~Copyable {
    /// What a datagram was.
    package enum Input: Hashable, Sendable {
        /// Nothing of interest, or nothing that is understood; counted in ``counters``.
        case ignored
        /// An answered STUN request (the reply is in the writer); `isNewPath` when media goes to
        /// `path` from now on.
        case stun(path: TransportAddress?, isNewPath: Bool)
        /// Part of the handshake; `flight` may hold datagrams to send.
        case handshake(SecureTransport.Progress)
        /// An RTP packet is at the end of `clear`.
        case rtp
        /// An RTCP compound packet is at the end of `clear`.
        case rtcp
    }

    /// Datagrams that were not understood or not believed, by what was wrong with them.
    package struct Counters: Hashable, Sendable {
        package var unknown: UInt64 = 0
        package var stunViolations: UInt64 = 0
        package var malformed: UInt64 = 0
        package var unauthenticated: UInt64 = 0
        package var replayed: UInt64 = 0
        package init() {}
    }

    package private(set) var counters = Counters()
    package private(set) var ice: LiteAgent
    package var transport: SecureTransport
    private let createdAt: Instant

    package init(
        local: ICECredentials, remote: ICECredentials,
        transport: consuming SecureTransport, at now: Instant
    ) {
        ice = LiteAgent(local: local, remote: remote, createdAt: now)
        self.transport = transport
        createdAt = now
    }

    /// Where to send; `nil` before ICE has found a path.
    package var remoteAddress: TransportAddress? { ice.selected }

    /// The same for each packet: mutating, because a connection that is only read is copied for the call.
    package mutating func path() -> TransportAddress? { ice.selected }

    package var isConnected: Bool { ice.selected != nil && transport.state == .established }

    /// Takes a datagram from `source`. The caller has matched it to this peer, by its address or by
    /// the ufrag of its STUN request.
    ///
    /// - Parameters:
    ///   - reply: gets a STUN response to send back to `source`.
    ///   - clear: gets the decrypted packet of `.rtp` and `.rtcp`.
    package mutating func receive(
        _ datagram: RawSpan, from source: TransportAddress, at now: Instant,
        reply: inout ByteWriter, clear: inout ByteWriter
    ) -> Input {
        switch RTPClassifier.classify(datagram) {
        case .rtp: return receiveRTP(datagram, into: &clear)
        case .rtcp: return receiveRTCP(datagram, into: &clear)
        case .stun: return receiveSTUN(datagram, from: source, at: now, reply: &reply)
        case .dtls: return .handshake(transport.receiveHandshake(datagram))
        case .turnChannel, .unknown:
            counters.unknown += 1
            return .ignored
        }
    }

    private mutating func receiveSTUN(
        _ datagram: RawSpan, from source: TransportAddress, at now: Instant,
        reply: inout ByteWriter
    ) -> Input {
        switch ice.receive(datagram, from: source, at: now, reply: &reply) {
        case .ignored: return .ignored
        case .violation:
            counters.stunViolations += 1
            return .ignored
        case .replied: return .stun(path: ice.selected, isNewPath: false)
        case .nominated(let path): return .stun(path: path, isNewPath: true)
        }
    }

    private mutating func receiveRTP(_ datagram: RawSpan, into clear: inout ByteWriter) -> Input {
        guard let header = try? RTPHeader(parsingHeaderOf: datagram) else {
            counters.malformed += 1
            return .ignored
        }
        let outcome = transport.open(
            datagram, headerSize: header.size, ssrc: header.ssrc.rawValue,
            sequence: header.sequenceNumber.rawValue, into: &clear)
        return note(outcome) ? .rtp : .ignored
    }

    private mutating func receiveRTCP(_ datagram: RawSpan, into clear: inout ByteWriter) -> Input {
        note(transport.openRTCP(datagram, into: &clear)) ? .rtcp : .ignored
    }

    private mutating func note(_ outcome: SRTPOutcome?) -> Bool {
        switch outcome {
        case .opened: return true
        case .violation(.replay): counters.replayed += 1
        case .violation(.malformed): counters.malformed += 1
        case .violation: counters.unauthenticated += 1
        case nil: break  // Media before the keys: the handshake's last flight was overtaken.
        }
        return false
    }

    /// Starts an ICE restart (RFC 8445 §9); media goes on over the old path until the new
    /// credentials have found one.
    package mutating func restartICE(
        local: ICECredentials, remote: ICECredentials, at now: Instant
    ) {
        ice.restart(local: local, remote: remote, at: now)
    }

    /// Whether the peer is gone: consent ran out (RFC 7675 §5.1), or it never connected in time.
    package func hasExpired(at now: Instant) -> Bool {
        if ice.hasExpired(at: now) { return true }
        return !isConnected && transport.state == .handshaking
            && now - createdAt >= Limits.connectTimeout
    }

    /// When ``hasExpired(at:)`` may next change.
    package var expiresAt: Instant {
        isConnected ? ice.expiresAt : min(ice.expiresAt, createdAt + Limits.connectTimeout)
    }
}
