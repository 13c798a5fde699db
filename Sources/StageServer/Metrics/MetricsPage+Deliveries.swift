import Primitives
import WebhookDelivery

extension MetricsPage {
    func addDeliveries(to page: inout PrometheusText) {
        guard let deliveries else { return }
        page.add(.gauge, "rostrum_webhooks", "Webhooks.", UInt64(deliveries.webhooks))
        page.add(
            .counter, "rostrum_webhook_messages_total",
            "Messages that webhooks took, and those that were given up.", by: "outcome",
            ["delivered": deliveries.delivered, "dead": deliveries.dead])
        page.add(
            .counter, "rostrum_webhook_failures_total",
            "Attempts to deliver a message that failed.", deliveries.failed)
        page.add(
            .gauge, "rostrum_webhook_backlog",
            "Messages that wait for webhooks, as far as they were looked at.",
            UInt64(deliveries.backlog))
        page.add(
            .gauge, "rostrum_webhook_attempts", "Attempts under way.",
            UInt64(deliveries.inFlight))
        page.add(
            .gauge, "rostrum_webhook_oldest_seconds",
            "How long the oldest message has been waiting.", oldestSeconds)
    }

    private var oldestSeconds: Double {
        guard let oldest = deliveries?.oldest else { return 0 }
        return max(0, (now - oldest).seconds)
    }
}
