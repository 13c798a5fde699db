/// Who sends the ClientHello: the `a=setup:active` side.
package enum DTLSRole: Equatable, Sendable {
    case server, client
}

/// The datagrams that one step wants to send, in order. Kept by the caller and reused.
package struct DTLSFlight: Sendable {
    package var datagrams: [[UInt8]] = []

    package init() {}

    package mutating func removeAll() { datagrams.removeAll(keepingCapacity: true) }
}

/// What a step of a DTLS association came to.
package enum DTLSOutcome: Equatable, Sendable {
    /// The handshake goes on.
    case handshaking
    /// The handshake is finished and the peer is who its description said. Reported once.
    case established(SRTPKeyingMaterial)
    /// Nothing changed.
    case ignored
    /// The peer has said goodbye.
    case closedByPeer
    /// The association is over, and ignores everything from now on. What the flight holds, an
    /// alert, should still be sent.
    case failed(DTLSViolation)
}
