import Signalling

/// The bounds of what a client may send, and of how long it may take.
package struct GatewayLimits: Hashable, Sendable {
    /// Connections at one time; more wait in the kernel's queue until one has gone.
    package var connections = 20_000
    /// Bytes of one header field, and of the request line. A participant token has about 1 KiB.
    package var headerFieldBytes = 32 * 1024
    /// Bytes of a request's header altogether.
    package var headerBytes = 64 * 1024
    package var headerFields = 128
    /// The body of an API operation.
    package var operationBytes = 1024 * 1024
    /// An SDP offer.
    package var offerBytes = 128 * 1024
    /// A trickle ICE fragment.
    package var fragmentBytes = 16 * 1024
    /// A message on the events socket.
    package var messageBytes = SignallingLimits.messageBytes
    /// A body that is too large is read on until here, so that the client gets to the refusal
    /// instead of a broken connection.
    package var discardedBytes = 16 * 1024 * 1024
    /// A file of the samples.
    package var fileBytes = 16 * 1024 * 1024

    /// From the connection, or the last response, to a whole request header.
    package var headerTime: Duration = .seconds(60)
    /// From a request's header to the end of its body.
    package var bodyTime: Duration = .seconds(30)
    /// From a whole request to the end of its response.
    package var responseTime: Duration = .seconds(60)
    /// How long a connection that the server ends is kept for the client to read the last answer.
    package var lingerTime: Duration = .seconds(2)
    /// Between our TLS close_notify and the end of the connection, whatever the client does.
    package var closeNotifyTime: Duration = .milliseconds(500)
    /// Between two pings on the events socket. A client that is silent for two of them is gone.
    package var pingInterval: Duration = .seconds(20)
    /// Between a close frame and the end of the connection, whatever the client does.
    package var closeTime: Duration = .seconds(5)
    /// How long an open events socket may go on when the server stops.
    package var drainTime: Duration = .seconds(2)

    package init() {}
}
