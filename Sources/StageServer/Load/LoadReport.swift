import Foundation
import LoadGenerator
import Telemetry

/// What a run has found: written as JSON with these names, which are public.
struct LoadReport: Encodable, Sendable {
    /// Times in milliseconds; `null` when there were none.
    struct Milliseconds: Encodable, Sendable {
        var p50: Double?
        var p95: Double?
        var p99: Double?
        var max: Double?

        init(_ histogram: LatencyHistogram) {
            func value(_ share: Double) -> Double? {
                histogram.percentile(share).map { Double(min($0, histogram.longest)) / 1e6 }
            }
            (p50, p95, p99) = (value(0.5), value(0.95), value(0.99))
            max = histogram.count == 0 ? nil : Double(histogram.longest) / 1e6
        }
    }

    struct Joins: Encodable, Sendable {
        var asked: Int
        /// Viewers that found a keyframe.
        var succeeded: Int
        var failed: Int
        var perSecond: Double
        /// From the offer, HTTP included.
        var timeToFirstPacket: Milliseconds
        /// To the first packet of a keyframe.
        var timeToFirstFrame: Milliseconds
        /// What the server used while they joined, of whatever it did.
        var serverCPUSeconds: Double?
    }

    /// The measured window.
    struct Steady: Encodable, Sendable {
        var seconds: Double
        /// That viewers received.
        var packets: UInt64
        var packetsPerSecond: Double
        var bytes: UInt64
        var megabitsPerSecond: Double
        /// Missing at the end: not repaired.
        var lost: UInt64
        var repaired: UInt64
        var duplicates: UInt64
        /// Thrown away by `--loss`.
        var dropped: UInt64
        var nacks: UInt64
        var keyframeRequests: UInt64
        /// Of the received packets; those that could not be are counted as unauthentic.
        var decrypted: UInt64
        var unauthentic: UInt64
        var published: UInt64
        /// Picture streams that should have begun at the viewers, and those that have.
        var streamsExpected: Int
        var streamsPlaying: UInt64
    }

    /// From a publisher's stamp to the arrival at a viewer, in microseconds; each value is right to
    /// 3.2 %, the longest exact.
    struct Latency: Encodable, Sendable {
        struct Bucket: Encodable, Sendable {
            var below: Double
            var count: UInt64
        }

        var count: UInt64
        var p50: Double?
        var p95: Double?
        var p99: Double?
        var p999: Double?
        var max: Double?
        var histogram: [Bucket]

        init(_ histogram: LatencyHistogram) {
            func value(_ share: Double) -> Double? {
                histogram.percentile(share).map { Double(min($0, histogram.longest)) / 1e3 }
            }
            count = histogram.count
            (p50, p95, p99, p999) = (value(0.5), value(0.95), value(0.99), value(0.999))
            max = count == 0 ? nil : Double(histogram.longest) / 1e3
            self.histogram = histogram.buckets.map {
                Bucket(below: Double($0.bound) / 1e3, count: $0.count)
            }
        }
    }

    struct Generator: Encodable, Sendable {
        /// Of the media thread, in the window.
        var cpuSeconds: Double
        /// Of one CPU, 0...1. Near 1 the generator was what could not follow.
        var cpuShare: Double
        /// For each packet that viewers received.
        var nanosecondsPerPacket: Double?

        init(cpuSeconds: Double, seconds: Double, packets: UInt64) {
            self.cpuSeconds = cpuSeconds
            cpuShare = seconds > 0 ? cpuSeconds / seconds : 0
            nanosecondsPerPacket = packets == 0 ? nil : cpuSeconds * 1e9 / Double(packets)
        }
    }

    /// The process of `--server-pid`, in the window.
    struct Server: Encodable, Sendable {
        var pid: Int
        var userSeconds: Double
        var systemSeconds: Double
        /// How long its threads were ready to run and had no CPU: with much of it, latency and loss are
        /// those of the machine.
        var waitedSeconds: Double
        /// CPU time for each packet that viewers received.
        var userNanosecondsPerPacket: Double?
        var systemNanosecondsPerPacket: Double?
        var nanosecondsPerPacket: Double?
        var residentBytesBefore: UInt64
        var residentBytesLoaded: UInt64
        var residentBytesAfter: UInt64?
    }

    var target: String
    var publishers: Int
    var viewers: Int
    var joins: Joins
    var steady: Steady
    var latencyMicroseconds: Latency
    var generator: Generator
    var server: Server?
    /// How often each reason was given.
    var errors: [String: Int]
    /// Why the run does not count; absent when every viewer got video.
    var failure: String?
}

extension LoadReport {
    func json() -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }
}

extension LoadReport.Joins {
    init(
        _ totals: JoinLedger.Totals, from: ServerProbe.Reading? = nil,
        to: ServerProbe.Reading? = nil
    ) {
        self.init(
            asked: totals.asked, succeeded: totals.succeeded, failed: totals.failed,
            perSecond: totals.joinsPerSecond,
            timeToFirstPacket: LoadReport.Milliseconds(totals.firstPacket),
            timeToFirstFrame: LoadReport.Milliseconds(totals.firstFrame),
            serverCPUSeconds: from.flatMap { from in to.map { $0.cpuSeconds - from.cpuSeconds } })
    }
}

extension LoadReport.Steady {
    init(_ figures: Figures, seconds: Double, streamsExpected: Int) {
        let span = max(seconds, 1e-9)
        self.init(
            seconds: seconds, packets: figures.packets,
            packetsPerSecond: Double(figures.packets) / span, bytes: figures.bytes,
            megabitsPerSecond: Double(figures.bytes) * 8 / 1e6 / span, lost: figures.lost,
            repaired: figures.repaired, duplicates: figures.duplicates,
            dropped: figures.dropped, nacks: figures.nacks,
            keyframeRequests: figures.keyframeRequests, decrypted: figures.opened,
            unauthentic: figures.unauthentic, published: figures.published,
            streamsExpected: streamsExpected, streamsPlaying: figures.playing)
    }
}

extension LoadReport.Server {
    init(
        pid: Int, from start: ServerProbe.Reading, to end: ServerProbe.Reading,
        before: ServerProbe.Reading, after: ServerProbe.Reading?, packets: UInt64
    ) {
        let user = end.userSeconds - start.userSeconds
        let system = end.systemSeconds - start.systemSeconds
        func perPacket(_ seconds: Double) -> Double? {
            packets == 0 ? nil : seconds * 1e9 / Double(packets)
        }
        self.init(
            pid: pid, userSeconds: user, systemSeconds: system,
            waitedSeconds: max(0, end.waitedSeconds - start.waitedSeconds),
            userNanosecondsPerPacket: perPacket(user),
            systemNanosecondsPerPacket: perPacket(system),
            nanosecondsPerPacket: perPacket(user + system),
            residentBytesBefore: before.residentBytes, residentBytesLoaded: end.residentBytes,
            residentBytesAfter: after?.residentBytes)
    }
}
