package import Primitives

/// Measures a probe: how fast it left, and how fast it arrived (probe_bitrate_estimator.cc).
package struct ProbeBitrateEstimator: Equatable, Sendable {
    /// The shares of packets and of bytes that must have arrived: 0.8.
    static let minimumReceived = 0.8
    /// Arriving faster than it was sent by more than this is no measure, but a queue that was let go.
    static let maximumRatio = 2.0
    /// Arriving slower than 0.9 of what was sent is the link's limit, of which we take 0.95.
    static let unsaturated = 0.9
    static let utilization = 0.95
    /// Neither sending nor arriving takes longer than 1 s.
    static let maximumInterval: Int64 = 1_000_000

    struct Cluster: Equatable {
        var probe: Probe?
        var packets = 0
        var bytes = 0
        var firstSent = Instant.zero
        var lastSent = Instant.zero
        var lastSentSize = 0
        var firstArrival: Int64 = 0
        var lastArrival: Int64 = 0
        var firstArrivedSize = 0
    }

    /// By cluster number modulo their count.
    private var clusters: [Cluster]

    package init() {
        clusters = Array(repeating: Cluster(), count: Limits.probeClusters)
    }

    /// Waits for the packets of `probe`; once more is no change.
    package mutating func expect(_ probe: Probe) {
        guard clusters[Self.place(probe.cluster)].probe != probe else { return }
        clusters[Self.place(probe.cluster)] = Cluster(probe: probe)
    }

    /// Takes a packet that arrived.
    ///
    /// - Returns: what its cluster measured, once enough of it is there.
    package mutating func add(_ packet: PacketResult) -> DataRate? {
        guard packet.cluster != 0, let arrival = packet.arrival else { return nil }
        let place = Self.place(packet.cluster)
        guard let probe = clusters[place].probe, probe.cluster == packet.cluster
        else { return nil }
        clusters[place].add(packet, arrival: arrival)
        let cluster = clusters[place]
        guard
            Double(cluster.packets) >= Double(probe.minimumPackets) * Self.minimumReceived,
            Double(cluster.bytes) >= Double(probe.minimumBytes) * Self.minimumReceived
        else { return nil }
        return cluster.rate
    }

    private static func place(_ cluster: UInt8) -> Int {
        Int(cluster) & (Limits.probeClusters - 1)
    }
}

extension ProbeBitrateEstimator.Cluster {
    mutating func add(_ packet: PacketResult, arrival: Int64) {
        if packets == 0 || packet.sent < firstSent { firstSent = packet.sent }
        if packets == 0 || packet.sent > lastSent {
            lastSent = packet.sent
            lastSentSize = packet.size
        }
        if packets == 0 || arrival < firstArrival {
            firstArrival = arrival
            firstArrivedSize = packet.size
        }
        if packets == 0 || arrival > lastArrival { lastArrival = arrival }
        packets += 1
        bytes += packet.size
    }

    /// `nil` when what is there is no measure.
    var rate: DataRate? {
        let limits = 1...ProbeBitrateEstimator.maximumInterval
        let sending = lastSent.microseconds(since: firstSent)
        let arriving = lastArrival &- firstArrival
        guard limits.contains(sending), limits.contains(arriving) else { return nil }
        let sent = DataRate(bytes: bytes - lastSentSize, microseconds: sending)
        let arrived = DataRate(bytes: bytes - firstArrivedSize, microseconds: arriving)
        guard arrived <= sent.scaled(by: ProbeBitrateEstimator.maximumRatio) else { return nil }
        return arrived < sent.scaled(by: ProbeBitrateEstimator.unsaturated)
            ? arrived.scaled(by: ProbeBitrateEstimator.utilization) : min(sent, arrived)
    }
}
