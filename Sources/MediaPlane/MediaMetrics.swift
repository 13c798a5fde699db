package import DatagramIO
package import Telemetry

/// What a worker has done so far; a snapshot is renewed every ``Limits/metricsInterval``.
package struct MediaMetrics: Sendable {
    package var socket = SocketCounters()
    package var forwarding = ForwardingCounters()
    /// Nanoseconds from the kernel's receive time to the return of the send call, one count for each
    /// forwarded packet.
    package var serverLatency = LatencyHistogram()
    package var publishers = 0
    package var viewers = 0
    /// CPU time of the worker's thread, in nanoseconds.
    package var cpuNanoseconds: UInt64 = 0

    package init() {}
}

/// Counts of the packet path.
package struct ForwardingCounters: Hashable, Sendable {
    package var packetsIn: UInt64 = 0
    package var bytesIn: UInt64 = 0
    package var packetsForwarded: UInt64 = 0
    package var bytesForwarded: UInt64 = 0
    package var retransmitted: UInt64 = 0
    /// Packets that viewers asked for again.
    package var nacksReceived: UInt64 = 0
    /// Packets that hosts were asked for again.
    package var nacksSent: UInt64 = 0
    package var keyframesWanted: UInt64 = 0
    package var keyframesRequested: UInt64 = 0
    /// Wishes for a keyframe that were given up: nobody waited any more, or the layer is silent.
    package var keyframesAbandoned: UInt64 = 0
    /// Packets asked for again that were not sent, because the viewer had used up its budget.
    package var resendsRefused: UInt64 = 0
    /// Peers, and streams of hosts, that found the worker's tables full.
    package var peersRefused: UInt64 = 0
    package var streamsRefused: UInt64 = 0
    /// Datagrams from addresses that no peer has, and that are no STUN request for one.
    package var unknownSource: UInt64 = 0
    /// Datagrams of known peers that were malformed, unauthenticated, replayed or not understood.
    package var violations: UInt64 = 0

    package init() {}
}
