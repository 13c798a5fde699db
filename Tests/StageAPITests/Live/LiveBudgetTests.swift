import Primitives
import Signalling
import StageAPI
import Telemetry
import Testing

/// What viewers say of their latency, and what publishers hear of it.
@Suite(.timeLimit(.minutes(1))) struct LiveBudgetTests {
    private let host = ParticipantID("host")

    private func telemetry(_ resource: ResourceID, _ rest: String) -> String {
        #"{"type":"TELEMETRY","payload":{"resource":"\#(resource.rawValue)",\#(rest)}}"#
    }

    private func latency(_ resource: ResourceID, _ milliseconds: Int) -> MediaReport {
        .latency(
            resource,
            LatencyReport(
                roundTrip: .milliseconds(milliseconds), serverMedian: .milliseconds(2),
                pacerMedian: .milliseconds(1)))
    }

    /// The `latency` of the next QUALITY.
    private func quality(_ socket: TestSocket) async -> JSONValue? {
        while let message = await socket.message() {
            if message["type"] == .string("QUALITY") { return message["payload"]?["latency"] }
        }
        return nil
    }

    private func budget(_ socket: TestSocket) async -> JSONValue? {
        while let message = await socket.message() {
            if message["type"] == .string("BUDGET") { return message["payload"] }
        }
        return nil
    }

    @Test func whatAViewerSaysIsItsFourthLeg() async throws {
        let theatre = await Theatre()
        try await theatre.running {
            _ = try await theatre.publish(Theatre.host())
            let subscription = try await theatre.subscribe(Theatre.viewer()).resource
            let viewer = try await theatre.connect(Theatre.viewer())
            theatre.media.report.yield([latency(subscription, 40)])
            let before = await quality(viewer)
            #expect(before?["totalMs"] == .integer(22))
            #expect(before?["pacerMs"] == .integer(1))
            #expect(before?["jitterBufferMs"] == nil)
            await viewer.send(
                telemetry(subscription, #""jitterBufferMs":300,"freezes":3,"framesPerSecond":30"#))
            theatre.media.report.yield([latency(subscription, 40)])
            let after = await quality(viewer)
            #expect(after?["jitterBufferMs"] == .integer(300))
            #expect(after?["totalMs"] == .integer(322))
            #expect(after?["blame"] == .string("jitterBuffer"))
            // What was said too long ago says nothing.
            theatre.wait(.seconds(16))
            theatre.media.report.yield([latency(subscription, 40)])
            #expect(await quality(viewer)?["jitterBufferMs"] == nil)
        }
    }

    @Test func nobodySpeaksForAnother() async throws {
        let theatre = await Theatre()
        try await theatre.running {
            let publication = try await theatre.publish(Theatre.host()).resource
            let subscription = try await theatre.subscribe(Theatre.viewer()).resource
            let viewer = try await theatre.connect(Theatre.viewer())
            let other = try await theatre.connect(Theatre.host())
            for resource in [subscription, publication, ResourceID("none")] {
                await other.send(telemetry(resource, #""jitterBufferMs":900,"freezes":9"#))
            }
            await other.send(telemetry(publication, #""jitterBufferMs":-9"#))
            theatre.media.report.yield([latency(subscription, 40)])
            #expect(await quality(viewer)?["totalMs"] == .integer(22))
            var refused: JSONValue?
            while let message = await other.message() {
                guard message["type"] == .string("ERROR") else { continue }
                refused = message["payload"]
                break
            }
            #expect(refused?["request"] == .string("TELEMETRY"))
            #expect(theatre.live.snapshot().latency.freezes == 0)
        }
    }

    @Test func publishersHearHowTheirViewersFare() async throws {
        let theatre = await Theatre()
        try await theatre.running {
            let publication = try await theatre.publish(Theatre.host()).resource
            let publisher = try await theatre.connect(Theatre.host())
            let near = try await theatre.subscribe(Theatre.viewer("near")).resource
            let far = try await theatre.subscribe(Theatre.viewer("far")).resource
            let watcher = try await theatre.connect(Theatre.viewer("far"))
            await watcher.send(telemetry(far, #""freezes":4,"framesPerSecond":15"#))
            theatre.media.report.yield([
                .publishStarted(publication, host), latency(near, 40), latency(far, 800),
            ])
            let said = await budget(publisher)
            #expect(said?["viewers"] == .integer(2))
            #expect(said?["overBudget"] == .integer(1))
            #expect(said?["medianMs"] == .integer(22))
            #expect(said?["p95Ms"] == .integer(402))
            #expect(said?["framesPerSecond"] == .integer(15))
            #expect(said?["blame"]?["serverToViewer"] == .integer(1))
            let counts = theatre.live.snapshot()
            #expect(counts.viewersOverBudget == 1)
            #expect(
                await eventually { theatre.live.snapshot().latency[.serverToViewer].count == 2 })
            #expect(counts.latency[.hostToServer].count == 0)
            #expect(
                await eventually { theatre.live.snapshot().latency.freezes == 4 })
            // Again when its time has come, and once when the last viewer has gone.
            try await theatre.live.end(far, bearer: Theatre.viewer("far"))
            theatre.wait(.seconds(5))
            #expect(await budget(publisher)?["overBudget"] == .integer(0))
            try await theatre.live.end(near, bearer: Theatre.viewer("near"))
            theatre.wait(.seconds(5))
            #expect(await budget(publisher)?["viewers"] == .integer(0))
            // Viewers are not told.
            await watcher.send(#"{"type":"PING"}"#)
            var heard: [String] = []
            while let message = await watcher.message(), let type = message["type"]?.string,
                type != "PONG"
            { heard.append(type) }
            #expect(!heard.contains("BUDGET"))
        }
    }
}
