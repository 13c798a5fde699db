import DatagramIO
package import MediaPlane
package import Primitives
package import StageAPI
import Telemetry
package import WebhookDelivery

/// The text of `/metrics`. No label has a value that users make: a stage or participant in a label
/// would grow the page without bound.
package struct MetricsPage: Sendable {
    package var media: MediaMetrics
    package var live: LiveCounts
    /// `nil` where nothing is delivered.
    package var deliveries: DeliveryFigures?
    /// What ages are counted to.
    package var now: WallTime
    /// `nil` where the system does not tell.
    package var process: ProcessFigures?

    package init(
        media: MediaMetrics, live: LiveCounts, deliveries: DeliveryFigures? = nil,
        now: WallTime = WallTime(unixMilliseconds: 0), process: ProcessFigures?
    ) {
        self.deliveries = deliveries
        self.now = now
        self.media = media
        self.live = live
        self.process = process
    }

    /// Upper bounds of the latency's buckets, in nanoseconds. Close together around 5 ms, which is
    /// what the server may add.
    private static let latencyBounds: [UInt64] = [
        50_000, 100_000, 250_000, 400_000, 500_000, 750_000, 1_000_000, 1_500_000, 2_000_000,
        3_000_000, 4_000_000, 5_000_000, 7_500_000, 10_000_000, 15_000_000, 25_000_000, 50_000_000,
        100_000_000, 250_000_000, 1_000_000_000,
    ]

    package var text: String {
        var page = PrometheusText()
        addOccupancy(to: &page)
        addForwarding(to: &page)
        addBudget(to: &page)
        addSocket(to: &page)
        addDeliveries(to: &page)
        addProcess(to: &page)
        return page.text
    }

    private func addOccupancy(to page: inout PrometheusText) {
        page.add(.gauge, "rostrum_stages", "Stages with a session.", UInt64(live.stages))
        page.add(
            .gauge, "rostrum_participants", "Participants that are connected.",
            UInt64(live.participants))
        page.add(
            .gauge, "rostrum_publishers", "Participants with a publication.",
            UInt64(live.publishers))
        page.add(
            .gauge, "rostrum_subscribers", "Participants with a subscription.",
            UInt64(live.subscribers))
        page.add(.gauge, "rostrum_events_sockets", "Open events sockets.", UInt64(live.sockets))
        page.add(
            .gauge, "rostrum_peer_connections", "Peer connections of the media plane.", by: "role",
            ["publisher": UInt64(media.publishers), "viewer": UInt64(media.viewers)])
        page.add(
            .gauge, "rostrum_workers", "Threads of the media plane.", UInt64(media.workers))
    }

    private func addForwarding(to page: inout PrometheusText) {
        let counts = media.forwarding
        page.add(
            .counter, "rostrum_rtp_packets_received_total", "Media packets from hosts.",
            counts.packetsIn)
        page.add(
            .counter, "rostrum_rtp_bytes_received_total", "Bytes of media packets from hosts.",
            counts.bytesIn)
        page.add(
            .counter, "rostrum_rtp_packets_sent_total", "Media packets forwarded to viewers.",
            counts.packetsForwarded)
        page.add(
            .counter, "rostrum_rtp_bytes_sent_total", "Bytes of media packets to viewers.",
            counts.bytesForwarded)
        page.add(
            .counter, "rostrum_rtp_retransmissions_total",
            "Packets sent again because a viewer asked.", counts.retransmitted)
        page.add(
            .counter, "rostrum_rtp_retransmission_copies_total",
            "Packets sent again that went once more unasked, in case that the first is lost, too.",
            counts.copiesSent)
        page.add(
            .counter, "rostrum_rtp_repairs_total",
            "Repair packets (FlexFEC-03) for viewers whose network loses much and is far away.",
            counts.repairsSent)
        page.add(
            .counter, "rostrum_nacks_total",
            "Lost packets asked for: by viewers (received) and of hosts (sent).", by: "direction",
            ["received": counts.nacksReceived, "sent": counts.nacksSent])
        page.add(
            .counter, "rostrum_keyframe_requests_total",
            "PLI and FIR: of viewers (received) and to hosts (sent).", by: "direction",
            ["received": counts.keyframesWanted, "sent": counts.keyframesRequested])
        page.add(
            .counter, "rostrum_keyframe_wishes_abandoned_total",
            "Wishes for a keyframe given up: nobody waited any more, or the layer is silent.",
            counts.keyframesAbandoned)
        page.add(
            .counter, "rostrum_layers_told_total",
            "Layers that hosts were told to stop, because nobody watched, and to send again.",
            by: "to", ["stop": counts.layersHeld, "send": counts.layersResumed])
        page.add(
            .counter, "rostrum_replays_total",
            "Viewers who began with a keyframe that was kept, instead of asking the host for one.",
            counts.replays)
        page.add(
            .counter, "rostrum_replays_abandoned_total",
            "Of these, viewers whose network was too slow to catch up: the host was asked after all.",
            counts.replaysAbandoned)
        page.add(
            .counter, "rostrum_probe_packets_total",
            "Packets sent once more to measure what a viewer's network carries.", counts.probesSent)
        page.add(
            .counter, "rostrum_media_refused_total",
            "What reached a bound: peers and streams with the tables full, packets asked for again.",
            by: "kind",
            [
                "peer": counts.peersRefused, "stream": counts.streamsRefused,
                "resend": counts.resendsRefused, "handshake": counts.handshakesDropped,
                "feedback": counts.feedbackRefused,
            ])
        page.add(
            .counter, "rostrum_datagrams_refused_total",
            "Datagrams that were no use: of unknown senders, malformed, forged, replayed, or of no offered stream.",
            by: "reason",
            [
                "unknown_source": counts.unknownSource, "violation": counts.violations,
                "unbound": counts.packetsUnbound, "rtcp": counts.reportsRefused,
            ])
        page.add(
            .counter, "rostrum_datagrams_handed_over_total",
            "Datagrams that came to the socket of another worker than their peer's.",
            counts.handedOn)
        page.add(
            .counter, "rostrum_hand_overs_dropped_total",
            "Packets and datagrams lost between two workers, because one was too far behind.",
            counts.handOversDropped)
        addLatency(
            media.serverLatency, "rostrum_server_latency_seconds",
            "What the server adds to a forwarded packet: from the kernel's receive time, or the end of its pacing.",
            to: &page)
        addLatency(
            media.pacing, "rostrum_pacing_seconds",
            "For how long forwarded packets were kept back on purpose, of those that were.",
            to: &page)
    }

    private func addLatency(
        _ latency: LatencyHistogram, _ name: String, _ help: String, to page: inout PrometheusText
    ) {
        let counts = latency.cumulative(bounds: Self.latencyBounds)
        page.addHistogram(
            name, help, buckets: zip(Self.latencyBounds, counts).map { (bound: $0.0, count: $0.1) },
            sum: latency.sum, count: latency.count)
    }

    private func addSocket(to page: inout PrometheusText) {
        let socket = media.socket
        page.add(
            .counter, "rostrum_udp_datagrams_total", "Datagrams at the media port.",
            by: "direction",
            ["received": socket.datagramsReceived, "sent": socket.datagramsSent])
        page.add(
            .counter, "rostrum_udp_bytes_total", "Bytes of datagrams at the media port.",
            by: "direction", ["received": socket.bytesReceived, "sent": socket.bytesSent])
        page.add(
            .counter, "rostrum_udp_calls_total", "System calls that moved datagrams.",
            by: "direction", ["received": socket.receiveCalls, "sent": socket.sendCalls])
        page.add(
            .counter, "rostrum_udp_messages_total",
            "Messages that these calls handed to the kernel: each is a datagram, or a run of them.",
            by: "direction", ["sent": socket.messagesSent])
        page.add(
            .counter, "rostrum_udp_errors_total",
            "Datagrams cut short on arrival, and those that the kernel did not send.", by: "kind",
            ["truncated": socket.truncated, "send": socket.sendErrors])
    }

    private func addProcess(to page: inout PrometheusText) {
        page.add(
            .counter, "rostrum_media_cpu_seconds_total", "CPU time of the media worker.",
            Double(media.cpuNanoseconds) / 1e9)
        guard let process else { return }
        page.add(
            .counter, "process_cpu_seconds_total", "CPU time of the process, user and system.",
            process.cpuSeconds)
        page.add(
            .gauge, "process_resident_memory_bytes", "Memory of the process in RAM.",
            process.residentBytes)
        page.add(.gauge, "process_threads", "Threads of the process.", process.threads)
    }
}
