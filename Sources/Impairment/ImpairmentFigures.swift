internal import Primitives
package import Telemetry

/// How a relay is doing: totals since it began.
package struct ImpairmentFigures: Sendable {
    package var up = LinkReading()
    package var down = LinkReading()
    /// Since the first datagram; `nil`: none has come.
    package var elapsed: Duration?
    /// Clients that the relay has now. A tunnel has none.
    package var clients = 0
    package var clientsAdmitted: UInt64 = 0
    /// Datagrams of clients that found no place, or no socket.
    package var refused: UInt64 = 0
    /// Datagrams that the kernel did not take, and ones that were too large.
    package var unsent: UInt64 = 0
    /// How much later than the link has it datagrams were sent on.
    package var lateness = LatencyHistogram()
    /// CPU time of the relay's thread.
    package var cpuNanoseconds: UInt64 = 0

    package init() {}

    package subscript(direction: Direction) -> LinkReading { direction == .up ? up : down }
}

extension ImpairmentFigures {
    init<Datagram>(_ passage: Passage<Datagram>, at now: Instant) {
        up = passage.reading(.up, at: now)
        down = passage.reading(.down, at: now)
        elapsed = passage.start.map { now - $0 }
        lateness = passage.lateness
    }
}
