import Foundation
import LoadGenerator
import Primitives
import Telemetry
import Testing

@testable import StageServer

@Suite struct LoadReportTests {
    private func report() -> LoadReport {
        var figures = Figures()
        (figures.packets, figures.bytes, figures.missing, figures.repaired) = (1000, 125_000, 5, 3)
        figures.latency.record(nanoseconds: 1_000_000, count: 99)
        figures.latency.record(nanoseconds: 7_654_321)
        return LoadReport(
            target: "http://127.0.0.1:7700", publishers: 1, viewers: 2,
            joins: LoadReport.Joins(JoinLedger.Totals()),
            steady: LoadReport.Steady(figures, seconds: 2, streamsExpected: 2),
            latencyMicroseconds: LoadReport.Latency(figures.latency),
            generator: LoadReport.Generator(cpuSeconds: 0.001, seconds: 2, packets: 1000),
            server: nil, errors: ["why": 3], failure: nil)
    }

    private func object(_ any: Any?) -> [String: Any] { any as? [String: Any] ?? [:] }

    @Test func theNamesAreTheDocumentedOnes() throws {
        let data = Data(report().json().utf8)
        let json = object(try JSONSerialization.jsonObject(with: data))
        let steady = object(json["steady"])
        #expect(steady["packetsPerSecond"] as? Double == 500)
        #expect(steady["megabitsPerSecond"] as? Double == 0.5)
        #expect(steady["lost"] as? Int == 2)
        #expect(steady["repaired"] as? Int == 3)
        let latency = object(json["latencyMicroseconds"])
        #expect(latency["count"] as? Int == 100)
        #expect(latency["max"] as? Double == 7654.321)
        #expect((latency["histogram"] as? [Any])?.count == 2)
        #expect(object(json["generator"])["nanosecondsPerPacket"] as? Double == 1000)
        #expect(object(json["generator"])["cpuShare"] as? Double == 0.0005)
        #expect(object(json["errors"])["why"] as? Int == 3)
        #expect(object(json["joins"])["asked"] as? Int == 0)
        #expect(json["failure"] == nil && json["server"] == nil)
    }

    @Test func percentilesAreNeverBeyondTheLongest() {
        var histogram = LatencyHistogram()
        histogram.record(nanoseconds: 1_000_001)
        let latency = LoadReport.Latency(histogram)
        #expect(latency.p50 == 1000.001 && latency.p999 == 1000.001)
    }

    @Test func cpuTimeIsSharedOutAmongThePackets() {
        func reading(_ user: Double, _ system: Double) -> ServerProbe.Reading {
            ServerProbe.Reading(userSeconds: user, systemSeconds: system, residentBytes: 7)
        }
        let server = LoadReport.Server(
            pid: 1, from: reading(1, 2), to: reading(1.5, 3), before: reading(0, 0), after: nil,
            packets: 1_000_000)
        #expect(server.userNanosecondsPerPacket == 500)
        #expect(server.systemNanosecondsPerPacket == 1000)
        #expect(server.nanosecondsPerPacket == 1500)
    }
}

@Suite struct ServerProbeTests {
    @Test func aProgramsNameMayHoldAnything() throws {
        let stat =
            "42 (a) b (c)) S 1 42 42 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 9 0 100 1000 256 0"
        let reading = try #require(
            ServerProbe.Reading(stat: stat, ticksPerSecond: 100, pageBytes: 4096))
        #expect(reading.userSeconds == 2.5 && reading.systemSeconds == 0.5)
        #expect(reading.residentBytes == 256 * 4096)
    }

    @Test func thisProcessCanBeRead() {
        let pid = Int(ProcessInfo.processInfo.processIdentifier)
        #expect((ServerProbe(pid: pid).read()?.residentBytes ?? 0) > 0)
        #expect(ServerProbe(pid: 1 << 30).read() == nil)
    }
}

@Suite struct JoinLedgerTests {
    private let viewer = ClientID(5)
    private func isViewer(_ id: ClientID) -> Bool { id.rawValue > 0 }

    @Test func aViewerHasSucceededWithItsKeyframe() {
        let ledger = JoinLedger()
        ledger.ask(viewer)
        ledger.note(.connected(viewer, after: .milliseconds(5)), isViewer: isViewer)
        #expect(ledger.totals.succeeded == 0 && ledger.present == 1)
        ledger.note(.firstFrame(viewer, after: .milliseconds(9)), isViewer: isViewer)
        #expect(ledger.totals.succeeded == 1)
        ledger.dismiss(viewer, isViewer: true)
        ledger.note(.ended(viewer, .left), isViewer: isViewer)
        #expect(ledger.totals.failed == 0 && ledger.present == 0)
        #expect(ledger.totals.errors.isEmpty)
    }

    @Test func aViewerThatIsLostBeforeHasFailed() {
        let ledger = JoinLedger()
        ledger.ask(viewer)
        ledger.note(.ended(viewer, .noPath), isViewer: isViewer)
        #expect(ledger.totals.failed == 1)
        #expect(ledger.totals.errors.values.reduce(0, +) == 1)
    }

    @Test func aPublisherThatLeavesIsNoFailure() {
        let ledger = JoinLedger()
        let publisher = ClientID(0)
        ledger.expectPublisher(publisher)
        ledger.note(.connected(publisher, after: .zero), isViewer: isViewer)
        #expect(ledger.totals.publishers == 1)
        ledger.dismiss(publisher, isViewer: false)
        ledger.note(.ended(publisher, .left), isViewer: isViewer)
        #expect(ledger.totals.failed == 0 && ledger.totals.errors.isEmpty)
    }
}
