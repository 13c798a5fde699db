import Foundation
import Impairment
import Links
import Primitives
import Telemetry

/// What a relay has done: written as JSON with these names, which are public.
struct ImpairReport: Encodable, Sendable {
    struct Way: Encodable, Sendable {
        /// That were sent into the link, with their headers.
        var packets: UInt64
        var bytes: UInt64
        /// That came out of it.
        var delivered: UInt64
        var deliveredBytes: UInt64
        var lost: UInt64
        var dropped: UInt64
        var overflowed: UInt64
        /// On their way at the end.
        var waiting: Int
    }

    /// How much later than the link has it packets were sent on, in microseconds; `null`: none was.
    struct Lateness: Encodable, Sendable {
        var p50: Double?
        var p95: Double?
        var p99: Double?
        var max: Double?
    }

    /// Since the first packet.
    var seconds: Double
    var up: Way
    var down: Way
    /// At the end, and at any time.
    var clients: Int
    var clientsSeen: UInt64
    /// Of clients that there was no place for.
    var refused: UInt64
    /// That the system did not take.
    var unsent: UInt64
    var latenessMicroseconds: Lateness
    var cpuSeconds: Double
    var cpuMicrosecondsPerPacket: Double?

    init(_ figures: ImpairmentFigures) {
        seconds = figures.elapsed?.seconds ?? 0
        up = Way(figures.up)
        down = Way(figures.down)
        clients = figures.clients
        clientsSeen = figures.clientsAdmitted
        refused = figures.refused
        unsent = figures.unsent
        latenessMicroseconds = Lateness(figures.lateness)
        cpuSeconds = Double(figures.cpuNanoseconds) / 1e9
        let packets = figures.up.counters.sent + figures.down.counters.sent
        cpuMicrosecondsPerPacket = packets == 0 ? nil : cpuSeconds * 1e6 / Double(packets)
    }

    func json() -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }
}

extension ImpairReport.Way {
    init(_ reading: LinkReading) {
        let counters = reading.counters
        self.init(
            packets: counters.sent, bytes: counters.bytesSent, delivered: counters.arrived,
            deliveredBytes: counters.bytesArrived, lost: counters.lost,
            dropped: counters.dropped, overflowed: counters.overflowed, waiting: reading.waiting)
    }
}

extension ImpairReport.Lateness {
    init(_ histogram: LatencyHistogram) {
        func value(_ share: Double) -> Double? {
            histogram.percentile(share).map { Double(min($0, histogram.longest)) / 1e3 }
        }
        self.init(
            p50: value(0.5), p95: value(0.95), p99: value(0.99),
            max: histogram.count == 0 ? nil : Double(histogram.longest) / 1e3)
    }
}

/// The line that standard error gets each second.
struct ImpairLine {
    private var last = ImpairmentFigures()

    /// - Parameter hasClients: a tunnel has none.
    mutating func next(_ figures: ImpairmentFigures, hasClients: Bool) -> String {
        defer { last = figures }
        guard let elapsed = figures.elapsed else { return "waiting for the first packet" }
        let seconds = max(0.001, (elapsed - (last.elapsed ?? .zero)).seconds)
        let ways = Direction.allCases.map { direction in
            "\(direction) "
                + way(
                    figures[direction], since: last[direction].counters, seconds: seconds)
        }
        let clients =
            hasClients ? ["\(figures.clients) client\(figures.clients == 1 ? "" : "s")"] : []
        return ([String(format: "%4.0f s", elapsed.seconds)] + ways + clients)
            .joined(separator: " | ")
    }

    private func way(
        _ reading: LinkReading, since earlier: LinkCounters, seconds: Double
    ) -> String {
        let passed = reading.counters - earlier
        let rate = Double(passed.bytesArrived) * 8 / 1e6 / seconds
        let limit =
            reading.rate < RateSchedule.unlimited.steps[0].rate
            ? String(format: " of %.2f", Double(reading.rate.bitsPerSecond) / 1e6) : ""
        var text = String(
            format: "%.2f%@ Mbit/s, %.0f packets/s", rate, limit, Double(passed.sent) / seconds)
        for (count, word) in [
            (passed.lost, "lost"), (passed.dropped, "dropped"), (passed.overflowed, "too many"),
        ] where count > 0 {
            text += ", \(count) \(word)"
        }
        let delay = reading.queueDelay.milliseconds
        return delay >= 0.5 ? text + String(format: ", queue %.0f ms", delay) : text
    }
}
