import Primitives
import Signalling
import Stages
import Storage
import Synchronization
import Testing

@testable import StageAPI

// What the server does to somebody who stays: limits, moderation, exchanged tokens.
@Suite(.timeLimit(.minutes(1))) struct LiveInterventionTests {
    private let stage = StageID("stage")
    private let host = ParticipantID("host")

    private func report(_ theatre: Theatre, _ report: MediaReport) {
        theatre.media.report.yield([report])
    }

    private func layer(_ bitsPerSecond: Int64, _ width: Int, _ height: Int) -> LayerReport {
        LayerReport(
            rid: "", kind: .video, codec: "VP8", bitsPerSecond: bitsPerSecond, width: width,
            height: height, framesPerSecond: 30)
    }

    /// Passes over messages until one of that type, and returns what it says.
    private func payload(_ type: String, from socket: TestSocket) async -> Signalling.JSONValue? {
        while let message = await socket.message() {
            if message["type"] == .string(type) { return message["payload"] }
        }
        return nil
    }

    @Test func aBreachIsToldBeforeTheEnd() async throws {
        let theatre = await Theatre()
        try await theatre.running {
            let socket = try await theatre.connect(Theatre.host())
            _ = await socket.message()
            let created = try await theatre.publish(Theatre.host())
            report(theatre, .publishStarted(created.resource, host))
            report(theatre, .layers(created.resource, [layer(1_000_000, 1920, 1080)]))
            let error = await payload("ERROR", from: socket)
            #expect(error?["name"] == .string("RESOLUTION_EXCEEDED"))
            #expect(error?["code"] == .integer(4))
            #expect(error?["resource"] == .string(created.resource.rawValue))
            #expect(error?["request"] == nil)
            #expect(error?["message"]?.string?.contains("1080") == true)
            #expect(await eventually { theatre.media.closed == [created.resource] })
            #expect(
                theatre.storage.events == [
                    "JOINED host", "PUBLISH_STARTED host",
                    "PUBLISH_ERROR host RESOLUTION_EXCEEDED", "PUBLISH_STOPPED host",
                ])
            #expect(theatre.live.snapshot().publishers == 0)
        }
    }

    @Test func quotasAreOfAllStages() async throws {
        let theatre = await Theatre { limits in
            (limits.publishers, limits.subscriptions) = (2, 1)
        }
        try await theatre.storage.memory.apply([
            .putStage(
                StageRecord(
                    id: StageID("other"), arn: "arn:stage/other", name: "", tags: [:],
                    createdAt: theatre.now))
        ])
        let first = try await theatre.publish(Theatre.host())
        _ = try await theatre.publish("b@other+publish")
        let refused = await #expect(throws: SignallingError.self) {
            try await theatre.publish("c@other+publish")
        }
        #expect(refused?.name == "STAGE_AT_CAPACITY")
        #expect(theatre.storage.events.last == "PUBLISH_ERROR c QUOTA_EXCEEDED")
        // A page that is reloaded keeps its place.
        let again = try await theatre.publish(Theatre.host())
        #expect(theatre.media.closed == [first.resource])
        try await theatre.live.end(again.resource, bearer: Theatre.host())
        _ = try await theatre.publish("c@other+publish")

        let subscription = try await theatre.subscribe(Theatre.viewer())
        await #expect(throws: SignallingError.self) {
            try await theatre.subscribe("v@other+subscribe")
        }
        #expect(theatre.storage.events.last == "SUBSCRIBE_ERROR v QUOTA_EXCEEDED")
        try await theatre.running {
            report(theatre, .ended(subscription.resource, .consentExpired))
            #expect(await eventually { theatre.live.snapshot().subscribers == 0 })
            #expect(
                await eventually { theatre.live.index.withLock { $0.subscriptionCount } == 0 })
        }
        _ = try await theatre.subscribe("v@other+subscribe")
    }

    @Test func refusedNegotiationsReturnTheirPlace() async throws {
        let theatre = await Theatre { $0.publishers = 1 }
        theatre.media.calls.withLock { $0.rejection = .unavailable("full") }
        await #expect(throws: SignallingError.self) { try await theatre.publish(Theatre.host()) }
        await #expect(throws: SignallingError.self) {
            try await theatre.publish(Theatre.viewer())
        }
        theatre.media.calls.withLock { $0.rejection = nil }
        _ = try await theatre.publish(Theatre.host())
    }

    @Test func mutingReachesMediaAndEverybody() async throws {
        let theatre = await Theatre()
        #expect(try await theatre.live.mute(host, of: stage, audio: true, video: nil) == .absent)
        _ = try await theatre.publish(Theatre.host())
        let viewer = try await theatre.connect(Theatre.viewer())
        #expect(
            try await theatre.live.mute(ParticipantID("x"), of: stage, audio: true, video: nil)
                == .absent)
        #expect(try await theatre.live.mute(host, of: stage, audio: true, video: nil) == .done)
        let muted = await viewer.state { $0.first?["audioMuted"] == .bool(true) }
        #expect(muted?.first?["mutedByModerator"] == .array([.string("audio")]))
        #expect(muted?.first?["videoStopped"] == .bool(false))
        #expect(try await theatre.live.mute(host, of: stage, audio: false, video: true) == .done)
        let stopped = await viewer.state { $0.first?["videoStopped"] == .bool(true) }
        #expect(stopped?.first?["mutedByModerator"] == .array([.string("video")]))
        #expect(try await theatre.live.mute(host, of: stage, audio: nil, video: false) == .done)
        let free = await viewer.state { $0.first?["videoStopped"] == .bool(false) }
        #expect(free?.first?["mutedByModerator"] == nil)
        #expect(
            theatre.media.calls.withLock { $0.forwarding } == [
                "host -audio video", "host audio -video", "host audio video",
            ])
    }

    @Test func unpublishingLeavesTheTokenAlive() async throws {
        let theatre = await Theatre()
        let created = try await theatre.publish(Theatre.host())
        let socket = try await theatre.connect(Theatre.host())
        _ = await socket.message()
        #expect(
            try await theatre.live.unpublish(host, of: stage, reason: "Your turn is over.")
                == .done)
        let error = await payload("ERROR", from: socket)
        #expect(error?["name"] == .string("UNPUBLISHED"))
        #expect(error?["message"] == .string("Your turn is over."))
        #expect(theatre.media.closed == [created.resource])
        _ = try await theatre.publish(Theatre.host())
    }

    @Test func exchangeIsSeenAndRecorded() async throws {
        let theatre = await Theatre()
        let created = try await theatre.publish(Theatre.host())
        let socket = try await theatre.connect(Theatre.host())
        let viewer = try await theatre.connect(Theatre.viewer())
        await socket.send(
            #"{"type":"EXCHANGE_TOKEN","payload":{"token":"host@stage+subscribe+as=bob"}}"#)
        let answer = await payload("TOKEN_EXCHANGED", from: socket)
        #expect(answer?["capabilities"] == .array([.string("SUBSCRIBE")]))
        #expect(answer?["userId"] == .string("bob"))
        #expect(answer?["attributes"]?["k"] == .string("bob"))
        #expect(answer?["expiresAt"]?.string?.hasSuffix("Z") == true)
        // Publishing has ended with the capability.
        #expect(theatre.media.closed == [created.resource])
        let listed = await viewer.state { state in
            !state.contains { $0["id"] == .string("host") }
        }
        #expect(listed != nil)
        #expect(theatre.storage.record("host")?.userID == "bob")
        let event = theatre.storage.contents.withLock { $0.events }
            .first { $0.name == "TOKEN_EXCHANGED" }
        #expect(event?.details?.previousToken?.capabilities == ["PUBLISH", "SUBSCRIBE"])
        #expect(event?.details?.previousToken?.userID == "user-host")
        #expect(event?.details?.newToken?.capabilities == ["SUBSCRIBE"])
        #expect(event?.details?.newToken?.expiresAt == theatre.now + .seconds(60))

        // And back: who publishes is seen under the new name at once.
        await socket.send(
            #"{"type":"EXCHANGE_TOKEN","payload":{"token":"host@stage+publish+as=eve"}}"#)
        _ = await payload("TOKEN_EXCHANGED", from: socket)
        _ = try await theatre.publish("host@stage+publish+as=eve")
        await socket.send(
            #"{"type":"EXCHANGE_TOKEN","payload":{"token":"host@stage+publish+as=zoe"}}"#)
        let zoe = await viewer.state { $0.first?["userId"] == .string("zoe") }
        #expect(zoe?.first?["attributes"]?["k"] == .string("zoe"))
    }

    @Test(
        arguments: [
            ("", "TOKEN_MISSING", ""), ("rubbish", "TOKEN_MALFORMED", ""),
            ("expired", "TOKEN_EXPIRED", ""),
            ("other@stage+publish", "TOKEN_NOT_ALLOWED", "jti"),
            ("host@elsewhere+publish", "TOKEN_NOT_ALLOWED", "topic"),
            ("host@stage+publish+foreign", "TOKEN_NOT_ALLOWED", "resource"),
            ("host@stage+publish+whip=http://y", "TOKEN_NOT_ALLOWED", "whip_url"),
            ("host@stage+publish+events=ws://y", "TOKEN_NOT_ALLOWED", "events_url"),
        ])
    func exchangeIsRefused(token: String, name: String, claim: String) async throws {
        let theatre = await Theatre()
        let socket = try await theatre.connect(Theatre.host())
        let before = theatre.storage.events
        await socket.send(#"{"type":"EXCHANGE_TOKEN","payload":{"token":""# + token + #""}}"#)
        let error = await payload("ERROR", from: socket)
        #expect(error?["name"] == .string(name))
        #expect(error?["request"] == .string("EXCHANGE_TOKEN"))
        #expect(claim.isEmpty || error?["message"]?.string?.contains(claim) == true)
        #expect(theatre.storage.events == before)
        // All is as before.
        await socket.send(#"{"type":"PING"}"#)
        #expect(await socket.message()?["type"] == .string("PONG"))
        _ = try await theatre.publish(Theatre.host())
    }

    @Test func exchangesAreRateLimited() async throws {
        let theatre = await Theatre { $0.stage.opensPerWindow = 2 }
        let socket = try await theatre.connect(Theatre.host())
        for _ in 0..<2 {
            await socket.send(
                #"{"type":"EXCHANGE_TOKEN","payload":{"token":"host@stage+publish"}}"#)
        }
        #expect(await payload("TOKEN_EXCHANGED", from: socket) != nil)
        #expect(await payload("ERROR", from: socket)?["name"] == .string("TOO_MANY_REQUESTS"))
    }

    @Test func publishersAreKnownToHaveComeByWHIP() async throws {
        let theatre = await Theatre()
        let viewer = try await theatre.connect(Theatre.host())
        #expect(theatre.storage.record("host")?.client.protocolName == "")
        let created = try await theatre.publish(Theatre.host())
        await viewer.connection.closed()
        try await theatre.live.end(created.resource, bearer: Theatre.host())
        let record = theatre.storage.record("host")
        #expect(record?.client.protocolName == "WHIP")
        #expect(record?.client.browserName == "Test")
        // Coming back to watch does not unsay it.
        _ = try await theatre.connect(Theatre.host())
        #expect(theatre.storage.record("host")?.client.protocolName == "WHIP")
    }
}
