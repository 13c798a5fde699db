import Foundation

/// What a run has found, for scripts: written as JSON with these names.
struct Report: Encodable {
    /// Of one SRTP profile; all of a forwarded packet.
    struct Profile: Encodable {
        /// The worst run's. Exact: the same on every machine.
        var allocationsPerPacket = 0.0
        /// The worst run's, by memcpy and memmove. Exact as well.
        var copiedBytesPerPacket = 0.0
        /// Exact as well: `sendmmsg` calls through a real socket.
        var sendCallsPerPacket = 0.0
        /// Exact as well: what shares a message (UDP_SEGMENT).
        var datagramsPerMessage = 0.0
        var nanoseconds = Nanoseconds()
    }

    /// CPU time, which is as noisy as the machine.
    struct Nanoseconds: Encodable {
        /// Everything but the kernel.
        var withoutKernel = 0.0
        var withSend = 0.0
        var receive = 0.0
        var open = 0.0
        var rewrite = 0.0
        var seal = 0.0
        var send = 0.0
        /// Whole turns through real sockets, without a look at the clock in between.
        var whole = 0.0
    }

    var viewers: Int
    var packetsPerFrame: Int
    var payloadSize: Int
    var runs: Int
    /// By the names of RFC 7714 and RFC 3711.
    var profiles: [String: Profile] = [:]

    init(_ options: Options) {
        viewers = options.viewers
        packetsPerFrame = options.packetsPerFrame
        payloadSize = options.payloadSize
        runs = options.runs
    }

    func write(to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try (encoder.encode(self) + Data("\n".utf8)).write(to: URL(fileURLWithPath: path))
    }
}
