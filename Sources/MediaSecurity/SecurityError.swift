/// What fails only when the machine lacks memory or randomness.
package enum SecurityError: Error, Equatable, Sendable {
    /// No key or certificate could be made.
    case certificate
    /// OpenSSL refused the configuration of a context.
    case context
}

/// How a DTLS peer failed.
package enum DTLSViolation: Error, Equatable, Sendable {
    /// The peer's certificate is not the one that its session description promised.
    case fingerprintMismatch
    /// The handshake broke: bad messages, no common parameters, or the peer's alert.
    case handshake
    /// The peer speaks DTLS but none of our SRTP profiles.
    case noSRTPProfile
    /// More than ``MediaSecurityLimits/handshakeDatagrams`` came before the handshake ended.
    case tooManyDatagrams
    /// One step wanted to send more than ``MediaSecurityLimits/flightDatagrams``.
    case flightTooLong
    /// The last retransmission was not answered.
    case timedOut
    /// An established association broke.
    case connection
}

/// What opening a packet came to.
package enum SRTPOutcome: Equatable, Sendable {
    /// The clear packet was appended.
    case opened
    /// Nothing was appended.
    case violation(SRTPViolation)
}

/// Why a packet was not opened.
package enum SRTPViolation: Error, Equatable, Sendable {
    /// The tag is not the packet's.
    case authentication
    /// The packet was opened before, or is too old to tell.
    case replay
    /// Too short, or an unencrypted one.
    case malformed
    /// A new source beyond ``MediaSecurityLimits/sources``.
    case tooManySources
}
