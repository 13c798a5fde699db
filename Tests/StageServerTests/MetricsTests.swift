import MediaPlane
import Signalling
import StageAPI
import Telemetry
import Testing

@testable import StageServer

@Suite struct MetricsTests {
    @Test func textFormat() {
        var page = PrometheusText()
        page.add(.counter, "a_total", "Some.", UInt64(7))
        page.add(.gauge, "b", "Others.", 0.5)
        page.add(.counter, "c_total", "Both.", by: "direction", ["in": 1, "out": 2])
        page.addHistogram(
            "d_seconds", "How long.", buckets: [(1_000_000, 1), (2_500_000, 3)],
            sum: 6_000_000, count: 4)
        page.addHistogram(
            "e_seconds", "Of whom.", by: "leg",
            [
                (
                    "a",
                    PrometheusText.Histogram(
                        buckets: [(1_000_000, 1)], sum: 500_000_000, count: 2)
                )
            ])
        #expect(
            page.text == """
                # HELP a_total Some.
                # TYPE a_total counter
                a_total 7
                # HELP b Others.
                # TYPE b gauge
                b 0.5
                # HELP c_total Both.
                # TYPE c_total counter
                c_total{direction="in"} 1
                c_total{direction="out"} 2
                # HELP d_seconds How long.
                # TYPE d_seconds histogram
                d_seconds_bucket{le="0.001"} 1
                d_seconds_bucket{le="0.0025"} 3
                d_seconds_bucket{le="+Inf"} 4
                d_seconds_sum 0.006
                d_seconds_count 4
                # HELP e_seconds Of whom.
                # TYPE e_seconds histogram
                e_seconds_bucket{leg="a",le="0.001"} 1
                e_seconds_bucket{leg="a",le="+Inf"} 2
                e_seconds_sum{leg="a"} 0.5
                e_seconds_count{leg="a"} 2

                """)
    }

    @Test func thePage() throws {
        var media = MediaMetrics()
        media.forwarding.packetsIn = 11
        media.forwarding.nacksReceived = 12
        media.serverLatency.record(nanoseconds: 800_000, count: 3)
        media.cpuNanoseconds = 1_500_000_000
        var live = LiveCounts()
        live.stages = 2
        live.viewersOverBudget = 3
        live.latency.record(
            LatencyLegs(serverToViewer: .milliseconds(40), jitterBuffer: .milliseconds(350)))
        let text = MetricsPage(
            media: media, live: live,
            process: ProcessFigures(cpuSeconds: 2.5, residentBytes: 4096, threads: 9)
        ).text
        let lines = Set(text.split(separator: "\n").map(String.init))
        for line in [
            "rostrum_stages 2", "rostrum_rtp_packets_received_total 11",
            "rostrum_nacks_total{direction=\"received\"} 12",
            "rostrum_server_latency_seconds_bucket{le=\"0.001\"} 3",
            "rostrum_server_latency_seconds_bucket{le=\"0.0005\"} 0",
            "rostrum_server_latency_seconds_count 3", "rostrum_media_cpu_seconds_total 1.5",
            "rostrum_viewers_over_budget 3",
            "rostrum_latency_budget_seconds_bucket{leg=\"server_to_viewer\",le=\"0.05\"} 1",
            "rostrum_latency_budget_seconds_bucket{leg=\"jitter_buffer\",le=\"0.3\"} 0",
            "rostrum_latency_budget_seconds_count{leg=\"host_to_server\"} 0",
            "rostrum_viewer_freezes_total 0",
            "process_cpu_seconds_total 2.5", "process_resident_memory_bytes 4096",
        ] { #expect(lines.contains(line), "\(line)") }
        let samples = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        let names = Set(samples.map { $0.prefix { $0 != " " && $0 != "{" } })
        #expect(text.components(of: "# HELP ") == text.components(of: "# TYPE "))
        #expect(names.allSatisfy { $0.hasPrefix("rostrum_") || $0.hasPrefix("process_") })
    }

    @Test func processFiguresFromProc() {
        let stat = "42 (a ) b) S 1 2 3 4 5 6 7 8 9 10 150 50 13 14 15 16 9 18 19 20 3 22"
        #expect(
            ProcessFigures(stat: stat, ticksPerSecond: 100, pageBytes: 4096)
                == ProcessFigures(cpuSeconds: 2, residentBytes: 12_288, threads: 9))
        #expect(ProcessFigures(stat: "", ticksPerSecond: 100, pageBytes: 1) == nil)
        #expect(ProcessFigures(stat: "1 (a) S 1", ticksPerSecond: 100, pageBytes: 1) == nil)
    }

    @Test func thisProcessHasFigures() throws {
        let figures = try #require(ProcessFigures.current())
        #expect(figures.residentBytes > 1 << 20)
        #expect(figures.threads > 0)
    }
}

extension String {
    fileprivate func components(of prefix: String) -> Int {
        split(separator: "\n").count { $0.hasPrefix(prefix) }
    }
}
