internal import Primitives

/// The bounds of this module, each with its reason.
package enum Limits {
    /// How long the thread sleeps when nothing waits.
    static let pause = Duration.microseconds(250)
    /// Sockets that one wait reports: what a frame of the fastest server reaches at once.
    static let readySockets = 512
    /// The time between two looks at the clients that wait for something.
    static let tick = Duration.milliseconds(5)
    /// In how many ticks each client is looked at once, whatever it waits for: 100 ms.
    static let ticksPerRound = 20
    /// The time between two receiver reports (RFC 3550 §6.2 allows it at these rates).
    static let reportInterval = Duration.seconds(1)
    /// The least time between two requests of one viewer for one keyframe.
    static let keyframeInterval = Duration.milliseconds(500)
    /// The time between two publications of the figures.
    static let figuresInterval = Duration.milliseconds(20)
    /// Streams that one viewer follows: 12 publishers with sound and picture, and some that changed
    /// their source.
    static let sources = 64
    /// Orders that wait for the thread: more than anybody joins in one turn of it.
    static let orders = 65_536
    /// Clients of one thread: the file descriptors that a process usually may have.
    package static let clients = 20_000
    /// Bytes that a stamp takes from a packet's payload.
    package static let stampBytes = Stamp.size
}
