package import Primitives

/// What a datagram did to an agent.
package enum ICEOutcome: Equatable, Sendable {
    /// Nothing is to be done.
    case ignored(ICEIgnoredReason)
    /// A reply was appended; nothing else changed.
    case replied
    /// The selected path is new or has changed, or was confirmed with new credentials. A reply was
    /// appended when the datagram was a request.
    case nominated(TransportAddress)
    /// The peer, or somebody in its place, sent what it must not. Nothing was appended.
    case violation(ICEViolation)
}

package enum ICEIgnoredReason: Equatable, Sendable {
    /// A Binding indication: a keepalive that no-one answers.
    case indication
    /// A response that nobody waits for.
    case unexpectedResponse
    /// A response that confirmed what was already so.
    case confirmed
    /// A method other than Binding.
    case method
}

package enum ICEViolation: Error, Equatable, Sendable {
    case malformed(STUNViolation)
    /// A request without USERNAME or MESSAGE-INTEGRITY.
    case missingCredentials
    case unknownUsername
    case badIntegrity
    /// An error response to a check; the code is 300 to 699.
    case refused(UInt16)
    /// A response from another address than the request went to (RFC 8445 §7.2.5.2.1).
    case asymmetricPath
}
