/// The bounds of the events socket.
package enum SignallingLimits {
    /// Bytes of one message in either direction's text; more closes the socket (1009).
    package static let messageBytes = 16 * 1024
    /// Messages of one client in a second; more closes the socket (1008).
    package static let messagesPerSecond = 20
    /// Arrays and objects inside one another: what is deeper is no message of ours.
    package static let jsonDepth = 16
    /// Publishers whose pictures one viewer says something of, at once and in all: five times what a stage
    /// has. More is not remembered.
    package static let picturesPerMessage = 64
    /// Bytes of a participant's id. Ours have 12.
    package static let participantIDBytes = 128
    /// Pixels of a picture's side: no screen has more.
    package static let longestSide = 16_384
    /// Milliseconds that a picture may wait in a viewer's jitter buffer, as the viewer says: browsers hold
    /// ten seconds at most.
    package static let longestJitterBuffer: Duration = .seconds(10)
    /// Freezes of one session, as a viewer says.
    package static let mostFreezes = 1_000_000
    /// Pictures a second, as a viewer says: twice what screens show.
    package static let mostFramesPerSecond = 500.0
    /// The latency budget from camera to screen.
    package static let latencyBudget: Duration = .milliseconds(300)
}

/// WebSocket status codes (RFC 6455 §7.4.1 and the IANA registry).
package enum SocketCloseCode {
    package static let normal: UInt16 = 1000
    package static let goingAway: UInt16 = 1001
    package static let invalidPayload: UInt16 = 1007
    package static let policyViolation: UInt16 = 1008
    package static let messageTooBig: UInt16 = 1009
    package static let tryAgainLater: UInt16 = 1013
}
