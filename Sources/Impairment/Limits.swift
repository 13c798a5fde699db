internal import Primitives

/// The bounds of this module, each with its reason.
package enum Limits {
    /// Clients of one relay: each takes a socket, and nobody tests with more by hand.
    package static let clients = 256
    /// A client that neither sent nor was sent anything for so long is forgotten: longer than ICE lets a
    /// path be silent (consent is asked for each 5 s, RFC 7675 §5.1).
    static let idle = Duration.seconds(60)
    /// The time between two looks for such clients.
    static let idleCheck = Duration.seconds(5)
    /// The time between two publications of the figures.
    static let figuresInterval = Duration.milliseconds(100)
    /// Sockets that one wait reports.
    static let readySockets = 64
    /// Packets read from one device before the other has its turn, and before what is due goes.
    static let packetsPerTurn = 64
    /// What a datagram has before its payload on the wire: IPv4 or IPv6, and UDP.
    static let (headerBytesIPv4, headerBytesIPv6) = (28, 48)
}
