import Foundation
import LoadGenerator
import Telemetry

/// The table that a run shows: a line a second, and all of it at the end.
enum LoadTable {
    static let heading =
        "  joined  failed  joins/s  packets/s   Mbit/s    lost   NACKs    p50 ms  p99 ms  p99.9 ms"

    /// Of a CPU: beyond it the generator itself may be late.
    private static let busyShare = 0.85

    /// - Parameters:
    ///   - packetsPerSecond: that viewers received since the last line.
    ///   - bitsPerSecond: the same in bits.
    static func line(
        _ joins: JoinLedger.Totals, _ figures: Figures,
        packetsPerSecond: Double, bitsPerSecond: Double
    ) -> String {
        let columns = [
            pad("\(joins.succeeded)", 8), pad("\(joins.failed)", 8),
            pad(text(joins.joinsPerSecond, 1), 9), pad(text(packetsPerSecond, 0), 11),
            pad(text(bitsPerSecond / 1e6, 1), 9), pad("\(figures.lost)", 8),
            pad("\(figures.nacks)", 8), pad(milliseconds(figures.latency, 0.5), 10),
            pad(milliseconds(figures.latency, 0.99), 8),
            pad(milliseconds(figures.latency, 0.999), 10),
        ]
        return columns.joined()
    }

    static func summary(_ report: LoadReport) -> String {
        let steady = report.steady
        var rows = [
            (
                "joins",
                "\(report.joins.succeeded) of \(report.joins.asked), "
                    + "\(text(report.joins.perSecond, 1)) a second"
            ),
            ("first packet", words(report.joins.timeToFirstPacket)),
            ("first frame", words(report.joins.timeToFirstFrame)),
            (
                "received",
                "\(steady.packets) packets in \(text(steady.seconds, 1)) s: "
                    + "\(text(steady.packetsPerSecond, 0)) a second, "
                    + "\(text(steady.megabitsPerSecond, 1)) Mbit/s"
            ),
            (
                "lost",
                "\(steady.lost), repaired \(steady.repaired), NACKs \(steady.nacks), "
                    + "thrown away \(steady.dropped)"
            ),
            ("streams", "\(steady.streamsPlaying) of \(steady.streamsExpected) play"),
            ("latency", words(report.latencyMicroseconds)),
            (
                "generator",
                "\(text(report.generator.cpuShare * 100, 0)) % of a CPU, "
                    + "\(text(report.generator.nanosecondsPerPacket, 0)) ns a packet"
            ),
        ]
        if report.generator.cpuShare > busyShare {
            rows.append(("beware", "the generator was busy: it may be what was measured"))
        }
        if let server = report.server { rows += words(server) }
        for (reason, count) in report.errors.sorted(by: { $0.value > $1.value }) {
            rows.append(("error", "\(count) times: \(reason)"))
        }
        return rows.map { name, value in
            "  " + name.padding(toLength: 14, withPad: " ", startingAt: 0) + value
        }.joined(separator: "\n")
    }

    private static func words(_ times: LoadReport.Milliseconds) -> String {
        "p50 \(text(times.p50, 1)), p95 \(text(times.p95, 1)), p99 \(text(times.p99, 1)), "
            + "longest \(text(times.max, 1)) ms"
    }

    private static func words(_ latency: LoadReport.Latency) -> String {
        "p50 \(text(latency.p50, 0)), p95 \(text(latency.p95, 0)), "
            + "p99 \(text(latency.p99, 0)), p99.9 \(text(latency.p999, 0)), "
            + "longest \(text(latency.max, 0)) µs"
    }

    private static func words(_ server: LoadReport.Server) -> [(String, String)] {
        func mebibytes(_ bytes: UInt64?) -> String {
            text(bytes.map { Double($0) / 1_048_576 }, 0)
        }
        return [
            (
                "server CPU",
                "\(text(server.nanosecondsPerPacket, 0)) ns a packet: user "
                    + "\(text(server.userNanosecondsPerPacket, 0)), system "
                    + text(server.systemNanosecondsPerPacket, 0)
                    + ", and \(text(server.waitedSeconds, 2)) s of waiting for a CPU"
            ),
            (
                "server memory",
                "\(mebibytes(server.residentBytesBefore)) MiB before, "
                    + "\(mebibytes(server.residentBytesLoaded)) loaded, "
                    + "\(mebibytes(server.residentBytesAfter)) after"
            ),
        ]
    }

    private static func milliseconds(_ histogram: LatencyHistogram, _ share: Double) -> String {
        text(histogram.percentile(share).map { Double($0) / 1e6 }, 2)
    }

    private static func text(_ value: Double?, _ digits: Int) -> String {
        value.map { String(format: "%.\(digits)f", $0) } ?? "-"
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
