import Primitives
import Signalling
import Testing

@Suite struct ClientMessageTests {
    @Test(arguments: [
        (#"{"type":"PING"}"#, ClientMessage.ping),
        (#"{"payload":{"x":1},"type":"PING","more":[]}"#, .ping),
        (
            #"{"type":"MUTE","payload":{"audioMuted":true}}"#,
            .mute(audioMuted: true, videoStopped: nil)
        ),
        (
            #"{"type":"MUTE","payload":{"audioMuted":"yes","videoStopped":false}}"#,
            .mute(audioMuted: nil, videoStopped: false)
        ),
        (#"{"type":"MUTE"}"#, .mute(audioMuted: nil, videoStopped: nil)),
        (#"{"type":"EXCHANGE_TOKEN","payload":{"token":"a.b.c"}}"#, .exchangeToken("a.b.c")),
        (#"{"type":"EXCHANGE_TOKEN","payload":{"token":7}}"#, .exchangeToken("")),
        (#"{"type":"EXCHANGE_TOKEN"}"#, .exchangeToken("")),
        (
            #"{"type":"PREFER_LAYER","payload":{"participantId":"ada","layer":"hi"}}"#,
            .pictures([PictureRequest(ParticipantID("ada"), .layer("hi"))])
        ),
        (
            #"{"type":"PREFER_LAYER","payload":{"participantId":"ada","layer":null,"pinned":true}}"#,
            .pictures([
                PictureRequest(ParticipantID("ada"), .layer(nil)),
                PictureRequest(ParticipantID("ada"), .pinned(true)),
            ])
        ),
        (
            #"{"type":"VIEWPORT","payload":{"shown":[{"participantId":"ada","width":640.4,"#
                + #""height":-3},{"participantId":"bob","width":1e300,"height":99999999}]}}"#,
            .pictures([
                PictureRequest(
                    ParticipantID("ada"), .shown(PictureSize(width: 640, height: 0))),
                PictureRequest(
                    ParticipantID("bob"),
                    .shown(PictureSize(width: 16_384, height: 16_384))),
            ])
        ),
        (
            #"{"type":"PAUSE","payload":{"participantId":"ada"}}"#,
            .pictures([PictureRequest(ParticipantID("ada"), .paused(true))])
        ),
        (
            #"{"type":"RESUME","payload":{"participantId":"ada"}}"#,
            .pictures([PictureRequest(ParticipantID("ada"), .paused(false))])
        ),
        (
            #"{"type":"TELEMETRY","payload":{"resource":"r1","jitterBufferMs":35.5,"#
                + #""freezes":2,"framesPerSecond":29.97}}"#,
            .telemetry(
                ViewerTelemetry(
                    resource: ResourceID("r1"), jitterBuffer: .microseconds(35_500), freezes: 2,
                    framesPerSecond: 29.97))
        ),
        (
            #"{"type":"TELEMETRY","payload":{"resource":"r1","jitterBufferMs":null}}"#,
            .telemetry(ViewerTelemetry(resource: ResourceID("r1")))
        ),
        (
            #"{"type":"TELEMETRY","payload":{"resource":"r1","jitterBufferMs":1e300,"#
                + #""freezes":9223372036854775807,"framesPerSecond":1e9}}"#,
            .telemetry(
                ViewerTelemetry(
                    resource: ResourceID("r1"), jitterBuffer: .seconds(10), freezes: 1_000_000,
                    framesPerSecond: 500))
        ),
        (#"{"type":"ping"}"#, .ignored(type: "ping")),
    ])
    func reads(text: String, message: ClientMessage) throws {
        #expect(try ClientMessage(parsing: text) == message)
    }

    /// What a client's author gets wrong is said, and ends nothing.
    @Test(arguments: [
        #"{"type":"PREFER_LAYER","payload":{}}"#, #"{"type":"PREFER_LAYER"}"#,
        #"{"type":"PREFER_LAYER","payload":{"participantId":"ada"}}"#,
        #"{"type":"PREFER_LAYER","payload":{"participantId":"ada","layer":3}}"#,
        #"{"type":"PREFER_LAYER","payload":{"participantId":"ada","pinned":"yes"}}"#,
        #"{"type":"VIEWPORT","payload":{"shown":{}}}"#,
        #"{"type":"VIEWPORT","payload":{"shown":[{"participantId":"ada","width":3}]}}"#,
        #"{"type":"VIEWPORT","payload":{"shown":[{"width":3,"height":3}]}}"#,
        #"{"type":"PAUSE","payload":{"participantId":7}}"#, #"{"type":"RESUME"}"#,
        #"{"type":"TELEMETRY"}"#, #"{"type":"TELEMETRY","payload":{"resource":""}}"#,
        #"{"type":"TELEMETRY","payload":{"resource":"r1","jitterBufferMs":-1}}"#,
        #"{"type":"TELEMETRY","payload":{"resource":"r1","freezes":"none"}}"#,
        #"{"type":"TELEMETRY","payload":{"resource":"r1","framesPerSecond":[30]}}"#,
    ])
    func saysWhatItCannotUse(text: String) throws {
        guard case .unusable(let type, let message) = try ClientMessage(parsing: text) else {
            Issue.record("taken: \(text)")
            return
        }
        #expect(text.contains("\"\(type)\"") && !message.isEmpty)
    }

    @Test func onlySoManyPicturesAtOnce() throws {
        let entry = #"{"participantId":"ada","width":1,"height":1}"#
        let many = [String](repeating: entry, count: 65).joined(separator: ",")
        let message = try ClientMessage(
            parsing: #"{"type":"VIEWPORT","payload":{"shown":["# + many + "]}}")
        guard case .unusable = message else {
            Issue.record("65 were taken")
            return
        }
    }

    @Test(arguments: ["", "ping", "[]", "{}", #"{"type":1}"#, #""PING""#])
    func refuses(text: String) {
        #expect(throws: ClientMessageViolation.notAMessage) { try ClientMessage(parsing: text) }
    }

    @Test func sizeIsBounded() throws {
        func message(_ count: Int) -> String {
            #"{"type":"X","p":""# + String(repeating: "a", count: count - 19) + #""}"#
        }
        #expect(message(16_384).utf8.count == 16_384)
        #expect(try ClientMessage(parsing: message(16_384)) == .ignored(type: "X"))
        #expect(throws: ClientMessageViolation.tooLong) {
            try ClientMessage(parsing: message(16_385))
        }
    }

    @Test func twentyInAnySecond() {
        var budget = MessageBudget()
        let start = WallTime(unixSeconds: 10)
        for index in 0..<20 { #expect(budget.admit(at: start + .milliseconds(index * 40)) == true) }
        #expect(budget.admit(at: start + .milliseconds(999)) == false)
        #expect(budget.admit(at: start + .milliseconds(1000)) == true)
        #expect(budget.admit(at: start + .milliseconds(1001)) == false)
        #expect(budget.admit(at: start + .milliseconds(1040)) == true)
    }

    @Test(arguments: [ClientMessageViolation.tooLong, .notAMessage, .tooMany])
    func reasonsFitIntoACloseFrame(violation: ClientMessageViolation) {
        #expect(violation.reason.utf8.count <= 123)
    }
}

@Suite struct ServerMessageTests {
    let resource = ResourceID("r1")

    @Test func errors() {
        #expect(
            ServerMessage.error(
                code: 4, name: "BITRATE_EXCEEDED", message: "Too \"much\"", resource: resource)
                == #"{"type":"ERROR","payload":{"code":4,"name":"BITRATE_EXCEEDED","#
                + #""message":"Too \"much\"","resource":"r1"}}"#)
        #expect(
            ServerMessage.error(
                code: 2, name: "TOKEN_EXPIRED", message: "m", request: "EXCHANGE_TOKEN")
                == #"{"type":"ERROR","payload":{"code":2,"name":"TOKEN_EXPIRED","#
                + #""message":"m","request":"EXCHANGE_TOKEN"}}"#)
    }

    @Test func exchangedTokens() {
        #expect(
            ServerMessage.tokenExchanged(
                capabilities: ["SUBSCRIBE"], userID: "u", attributes: ["k": "v"],
                expiresAt: "2026-01-01T00:00:00Z")
                == #"{"type":"TOKEN_EXCHANGED","payload":{"capabilities":["SUBSCRIBE"],"#
                + #""userId":"u","attributes":{"k":"v"},"expiresAt":"2026-01-01T00:00:00Z"}}"#)
    }

    @Test func moderatedKinds() {
        let participant = StageStateParticipant(
            id: ParticipantID("p"), audioMuted: true, mutedByModerator: [.audio])
        #expect(
            participant.encoded
                == #"{"id":"p","userId":"","attributes":{},"isPublishing":false,"#
                + #""audioMuted":true,"videoStopped":false,"mutedByModerator":["audio"],"layers":[]}"#
        )
    }

    @Test func slots() {
        let text = ServerMessage.slots(
            resource,
            [
                SlotReport(mid: "3", kind: .video, participant: ParticipantID("p"), layer: "hi"),
                SlotReport(mid: "4", kind: .audio, participant: nil, layer: ""),
            ])
        #expect(
            text == #"{"type":"SLOTS","payload":{"resource":"r1","slots":["#
                + #"{"mid":"3","participantId":"p","kind":"video","layer":"hi"},"#
                + #"{"mid":"4","participantId":null,"kind":"audio","layer":""}]}}"#)
    }

    @Test func quality() {
        let full = QualityReport(
            hostToServer: .milliseconds(12), serverMedian: .microseconds(340),
            serverP99: .microseconds(1234), serverToViewer: .microseconds(20_500),
            fractionLost: 0.0123456, networkQuality: .good,
            publishers: [
                PublisherQuality(
                    participant: ParticipantID("p"), hostToServer: .microseconds(12_340),
                    networkQuality: .down),
                PublisherQuality(participant: ParticipantID("q")),
            ])
        #expect(
            ServerMessage.quality(resource, full)
                == #"{"type":"QUALITY","payload":{"resource":"r1","networkQuality":1,"#
                + #""latency":{"hostToServerMs":12,"#
                + #""serverMs":0.34,"serverP99Ms":1.23,"serverToViewerMs":20.5,"#
                + #""totalMs":32.84,"budgetMs":300},"#
                + #""fractionLost":0.0123,"publishers":[{"participantId":"p","#
                + #""hostToServerMs":12.34,"networkQuality":4},{"participantId":"q"}]}}"#)
        #expect(
            ServerMessage.quality(resource, QualityReport())
                == #"{"type":"QUALITY","payload":{"resource":"r1","latency":{"budgetMs":300}}}"#)
    }

    @Test func qualityOverBudget() {
        let quality = QualityReport(
            hostToServer: .milliseconds(210), serverMedian: .milliseconds(30),
            pacerMedian: .milliseconds(29), serverToViewer: .milliseconds(20),
            jitterBuffer: .milliseconds(60), publishers: [])
        #expect(
            ServerMessage.quality(resource, quality)
                == #"{"type":"QUALITY","payload":{"resource":"r1","latency":{"#
                + #""hostToServerMs":210,"serverMs":30,"pacerMs":29,"serverToViewerMs":20,"#
                + #""jitterBufferMs":60,"totalMs":320,"budgetMs":300,"blame":"hostToServer"},"#
                + #""publishers":[]}}"#)
    }

    @Test func budget() {
        let report = BudgetReport(
            viewers: 40, overBudget: 3, median: .microseconds(120_250), p95: .milliseconds(310),
            framesPerSecond: 29.97, blame: [.jitterBuffer: 1, .hostToServer: 2])
        #expect(
            ServerMessage.budget(report)
                == #"{"type":"BUDGET","payload":{"viewers":40,"overBudget":3,"medianMs":120.25,"#
                + #""p95Ms":310,"budgetMs":300,"framesPerSecond":29.97,"#
                + #""blame":{"hostToServer":2,"jitterBuffer":1}}}"#)
        #expect(
            ServerMessage.budget(BudgetReport())
                == #"{"type":"BUDGET","payload":{"viewers":0,"overBudget":0,"budgetMs":300,"#
                + #""blame":{}}}"#)
    }

    @Test func wantedLayers() {
        #expect(
            ServerMessage.wantedLayers(
                resource,
                [
                    WantedLayer(rid: "hi", kind: .video, isActive: false),
                    WantedLayer(rid: "", kind: .video, isActive: true),
                ])
                == #"{"type":"WANTED_LAYERS","payload":{"resource":"r1","layers":["#
                + #"{"rid":"hi","kind":"video","active":false},"#
                + #"{"rid":"","kind":"video","active":true}]}}"#)
    }

    @Test func layerAndFarewell() {
        #expect(
            ServerMessage.layer(resource, of: ParticipantID("p"), layer: "lo", reason: .network)
                == #"{"type":"LAYER","payload":{"resource":"r1","participantId":"p","#
                + #""layer":"lo","reason":"NETWORK"}}"#)
        #expect(
            ServerMessage.disconnected(.serverShutdown)
                == #"{"type":"DISCONNECTED","payload":{"reason":"SERVER_SHUTDOWN"}}"#)
        #expect(
            ServerMessage.disconnected(.participantDisconnected, message: "be \"nice\"")
                == #"{"type":"DISCONNECTED","payload":{"reason":"PARTICIPANT_DISCONNECTED","#
                + #""message":"be \"nice\""}}"#)
    }

    @Test func stageStateHasPublishersAndTheReceiver() throws {
        let host = StageStateParticipant(
            id: ParticipantID("h"), userID: "Ann", attributes: ["b": "2", "a": "1"],
            isPublishing: true,
            layers: [
                .init(
                    rid: "hi", kind: .video, codec: "H264", bitsPerSecond: 5, width: 1280,
                    height: 720)
            ])
        let viewer = StageStateParticipant(id: ParticipantID("v"))
        let hostText =
            #"{"id":"h","userId":"Ann","attributes":{"a":"1","b":"2"},"isPublishing":true,"#
            + #""audioMuted":false,"videoStopped":false,"layers":[{"rid":"hi","kind":"video","#
            + #""codec":"H264","bitsPerSecond":5,"width":1280,"height":720}]}"#
        let viewerText =
            #"{"id":"v","userId":"","attributes":{},"isPublishing":false,"#
            + #""audioMuted":false,"videoStopped":false,"layers":[]}"#
        let head = #"{"type":"STAGE_STATE","payload":{"stageId":"s","participants":["#
        let message = StageStateMessage(stage: StageID("s"), publishers: [host])
        #expect(
            message.text(for: viewer.id, own: viewer.encoded)
                == head + hostText + "," + viewerText + "]}}")
        #expect(message.text(for: host.id, own: host.encoded) == head + hostText + "]}}")
        let empty = StageStateMessage(stage: StageID("s"), publishers: [])
        #expect(empty.text(for: viewer.id, own: viewer.encoded) == head + viewerText + "]}}")
        _ = try JSONValue(parsing: message.text(for: viewer.id, own: viewer.encoded))
    }
}
