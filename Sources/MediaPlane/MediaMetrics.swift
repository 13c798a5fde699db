package import DatagramIO
package import Telemetry

/// What a worker, or all of them, has done so far; a snapshot is renewed every ``Limits/metricsInterval``.
package struct MediaMetrics: Sendable {
    package var socket = SocketCounters()
    package var forwarding = ForwardingCounters()
    /// Nanoseconds from the kernel's receive time, or from when a packet was no longer kept back on
    /// purpose, to the return of the send call; one count for each forwarded packet.
    package var serverLatency = LatencyHistogram()
    /// Nanoseconds for which packets were kept back on purpose, of those that were.
    package var pacing = LatencyHistogram()
    package var workers = 0
    package var publishers = 0
    package var viewers = 0
    /// CPU time of the worker's thread, in nanoseconds.
    package var cpuNanoseconds: UInt64 = 0

    package init() {}

    package static func += (sum: inout MediaMetrics, other: MediaMetrics) {
        sum.socket += other.socket
        sum.forwarding += other.forwarding
        sum.serverLatency.add(other.serverLatency)
        sum.pacing.add(other.pacing)
        sum.workers += other.workers
        sum.publishers += other.publishers
        sum.viewers += other.viewers
        sum.cpuNanoseconds += other.cpuNanoseconds
    }
}

/// Counts of the packet path.
package struct ForwardingCounters: Hashable, Sendable {
    package var packetsIn: UInt64 = 0
    package var bytesIn: UInt64 = 0
    package var packetsForwarded: UInt64 = 0
    package var bytesForwarded: UInt64 = 0
    package var retransmitted: UInt64 = 0
    /// Besides these, packets that went once more unasked, in case that the first is lost, too.
    package var copiesSent: UInt64 = 0
    /// Repair packets (FlexFEC-03) for viewers.
    package var repairsSent: UInt64 = 0
    /// Packets that viewers asked for again.
    package var nacksReceived: UInt64 = 0
    /// Packets that hosts were asked for again.
    package var nacksSent: UInt64 = 0
    package var keyframesWanted: UInt64 = 0
    package var keyframesRequested: UInt64 = 0
    /// Wishes for a keyframe that were given up: nobody waited any more, or the layer is silent.
    package var keyframesAbandoned: UInt64 = 0
    /// Layers that hosts were told to stop because nobody watched, and to send again.
    package var layersHeld: UInt64 = 0
    package var layersResumed: UInt64 = 0
    /// Packets asked for again that were not sent, because the viewer had used up its budget.
    package var resendsRefused: UInt64 = 0
    /// Viewers who began with a keyframe that was kept.
    package var replays: UInt64 = 0
    /// Those of them who took too long to catch up.
    package var replaysAbandoned: UInt64 = 0
    /// Packets that were sent once more to measure what a viewer's network carries.
    package var probesSent: UInt64 = 0
    /// RTCP of peers that was malformed.
    package var reportsRefused: UInt64 = 0
    /// Transport-wide feedback of viewers that was malformed, or not asked for.
    package var feedbackRefused: UInt64 = 0
    /// Peers, and streams of hosts, that found the worker's tables full.
    package var peersRefused: UInt64 = 0
    package var streamsRefused: UInt64 = 0
    /// Datagrams that came to another worker's socket, and what did not fit between two workers.
    package var handedOn: UInt64 = 0
    package var handOversDropped: UInt64 = 0
    /// DTLS datagrams for which the queue of handshakes had no place.
    package var handshakesDropped: UInt64 = 0
    /// Datagrams from addresses that no peer has, and that are no STUN request for one.
    package var unknownSource: UInt64 = 0
    /// Media packets of hosts that belong to nothing that they offered, or to a layer that has just begun
    /// under another SSRC.
    package var packetsUnbound: UInt64 = 0
    /// Datagrams of known peers that were malformed, unauthenticated, replayed or not understood.
    package var violations: UInt64 = 0

    package init() {}

    package static func += (sum: inout ForwardingCounters, other: ForwardingCounters) {
        for counter in all { sum[keyPath: counter] += other[keyPath: counter] }
    }

    private static let all: [any WritableKeyPath<ForwardingCounters, UInt64> & Sendable] = [
        \.packetsIn, \.bytesIn, \.packetsForwarded, \.bytesForwarded, \.retransmitted,
        \.copiesSent, \.repairsSent, \.nacksReceived, \.nacksSent, \.keyframesWanted,
        \.keyframesRequested,
        \.keyframesAbandoned, \.replays, \.replaysAbandoned, \.resendsRefused, \.feedbackRefused,
        \.layersHeld, \.layersResumed, \.probesSent, \.peersRefused, \.streamsRefused, \.handedOn,
        \.handOversDropped, \.handshakesDropped, \.unknownSource,
        \.packetsUnbound, \.reportsRefused, \.violations,
    ]
}
