import Signalling
import StageAPI
import Telemetry

extension MetricsPage {
    /// Upper bounds of the legs' buckets, in nanoseconds: close together up to the budget of 300 ms.
    private static let legBounds: [UInt64] = [
        1_000_000, 2_500_000, 5_000_000, 10_000_000, 20_000_000, 30_000_000, 50_000_000,
        75_000_000, 100_000_000, 150_000_000, 200_000_000, 250_000_000, 300_000_000,
        400_000_000, 500_000_000, 750_000_000, 1_000_000_000, 2_500_000_000, 10_000_000_000,
    ]

    func addBudget(to page: inout PrometheusText) {
        page.add(
            .gauge, "rostrum_viewers_over_budget",
            "Viewers whose way from camera to screen takes more than 300 ms.",
            UInt64(live.viewersOverBudget))
        page.addHistogram(
            "rostrum_latency_budget_seconds",
            "What each leg from camera to screen takes, once a report of each viewer.", by: "leg",
            LatencyLeg.allCases.map { leg in (leg.label, histogram(of: live.latency[leg])) })
        page.add(
            .counter, "rostrum_viewer_freezes_total", "Freezes that viewers told of.",
            live.latency.freezes)
    }

    private func histogram(of latency: LatencyHistogram) -> PrometheusText.Histogram {
        let counts = latency.cumulative(bounds: Self.legBounds)
        return PrometheusText.Histogram(
            buckets: zip(Self.legBounds, counts).map { (bound: $0.0, count: $0.1) },
            sum: latency.sum, count: latency.count)
    }
}

extension LatencyLeg {
    fileprivate var label: String {
        switch self {
        case .hostToServer: "host_to_server"
        case .server: "server"
        case .serverToViewer: "server_to_viewer"
        case .jitterBuffer: "jitter_buffer"
        }
    }
}
