import Primitives
import Signalling
import StageAPI
import Storage
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct LiveEventsTests {
    @Test func stateOnConnectingAndOnEachChange() async throws {
        let theatre = await Theatre()
        try await theatre.running {
            let socket = try await theatre.connect(Theatre.viewer())
            let first = try #require(await socket.state { _ in true })
            #expect(first.map { $0["id"] } == [.string("viewer")])
            #expect(first[0]["attributes"] == .map(["k": "viewer"]))
            #expect(theatre.storage.events == ["JOINED viewer"])
            #expect(theatre.storage.record("viewer")?.client.browserName == "Test")

            let created = try await theatre.publish(Theatre.host())
            let listed = try #require(await socket.state { $0.count == 2 })
            #expect(listed[0]["id"] == .string("host"))
            #expect(listed[0]["isPublishing"] == .bool(false))

            theatre.media.report.yield([
                .connected(created.resource),
                .publishStarted(created.resource, ParticipantID("host")),
            ])
            let published = try #require(
                await socket.state { $0.first?["isPublishing"] == .bool(true) })
            #expect(published.count == 2)
            // What is seen has been stored.
            #expect(theatre.storage.events.contains("PUBLISH_STARTED host"))
            #expect(theatre.storage.record("host")?.hasPublished == true)

            theatre.media.report.yield([.ended(created.resource, .consentExpired)])
            let gone = try #require(await socket.state { $0.count == 1 })
            #expect(gone[0]["id"] == .string("viewer"))
            #expect(
                theatre.storage.events == [
                    "JOINED viewer", "JOINED host", "PUBLISH_STARTED host",
                    "PUBLISH_STOPPED host", "LEFT host",
                ])
            #expect(theatre.media.closed == [])
            await socket.connection.closed()
            #expect(theatre.storage.events.last == "LEFT viewer")
        }
    }

    @Test func receiverThatPublishesIsListedOnce() async throws {
        let theatre = await Theatre()
        _ = try await theatre.publish(Theatre.host())
        let socket = try await theatre.connect(Theatre.host())
        let state = try #require(await socket.state { _ in true })
        #expect(state.map { $0["id"] } == [.string("host")])
    }

    @Test func pingAndMute() async throws {
        let theatre = await Theatre()
        let host = try await theatre.connect(Theatre.host())
        let viewer = try await theatre.connect(Theatre.viewer())
        _ = await host.message()
        await host.send(#"{"type":"PING"}"#)
        #expect(await host.next() == .text(#"{"type":"PONG"}"#))
        // Unknown types are let pass.
        await host.send(#"{"type":"PREFER_LAYER","payload":{}}"#)
        await host.send(#"{"type":"MUTE","payload":{"audioMuted":true}}"#)
        #expect(await host.state { $0.first?["audioMuted"] == .bool(true) } != nil)
        _ = try await theatre.publish(Theatre.host())
        let seen = try #require(await viewer.state { $0.count == 2 })
        #expect(seen[0]["audioMuted"] == .bool(true))
        #expect(seen[0]["videoStopped"] == .bool(false))
        await host.send(#"{"type":"MUTE","payload":{"audioMuted":false,"videoStopped":true}}"#)
        #expect(
            await viewer.state { $0.first?["videoStopped"] == .bool(true) } != nil)
    }

    @Test(
        arguments: [
            ("rubbish", 1007),
            (#"{"type":"X","p":""# + String(repeating: "a", count: 17_000) + "\"}", 1009),
        ] as [(String, UInt16)])
    func brokenMessagesCloseTheSocket(text: String, code: UInt16) async throws {
        let theatre = await Theatre()
        let socket = try await theatre.connect(Theatre.viewer())
        _ = await socket.message()
        await socket.send(text)
        guard case .close(let closed, _) = await socket.next() else {
            Issue.record("The socket was not closed")
            return
        }
        #expect(closed == code)
        #expect(await socket.next() == nil)
        #expect(theatre.storage.events == ["JOINED viewer", "LEFT viewer"])
        await socket.send(#"{"type":"PING"}"#)
        await socket.connection.closed()
    }

    @Test func messagesAreRateLimited() async throws {
        let theatre = await Theatre()
        let socket = try await theatre.connect(Theatre.viewer())
        _ = await socket.message()
        for _ in 0..<20 { await socket.send(#"{"type":"NOTHING"}"#) }
        #expect(theatre.live.snapshot().sockets == 1)
        theatre.wait(.seconds(1))
        for _ in 0..<21 { await socket.send(#"{"type":"NOTHING"}"#) }
        guard case .close(let code, _) = await socket.next() else {
            Issue.record("The socket was not closed")
            return
        }
        #expect(code == 1008)
        #expect(theatre.live.snapshot().sockets == 0)
    }

    @Test func slowSocketIsDroppedAndTold() async throws {
        let theatre = await Theatre { $0.framesPerSocket = 4 }
        let slow = try await theatre.connect(Theatre.viewer("slow"))
        let other = try await theatre.connect(Theatre.viewer("other"))
        for _ in 0..<10 {
            await slow.send(#"{"type":"PING"}"#)
        }
        #expect(await eventually { theatre.live.snapshot().sockets == 1 })
        var frames: [EventsConnection.Frame] = []
        while let frame = await slow.next() { frames.append(frame) }
        #expect(frames.count == 6)
        #expect(frames.last == .close(code: 1013, reason: "The socket is read too slowly."))
        #expect(await eventually { theatre.storage.events.last == "LEFT slow" })
        _ = await other.message()
        await other.send(#"{"type":"PING"}"#)
        #expect(await other.next() == .text(ServerMessage.pong))
    }

    @Test func fifthSocketDisplacesTheFirst() async throws {
        let theatre = await Theatre()
        let first = try await theatre.connect(Theatre.viewer())
        _ = await first.message()
        for _ in 0..<4 { _ = try await theatre.connect(Theatre.viewer()) }
        #expect(await first.message()?["payload"]?["reason"] == .string("DISPLACED"))
        #expect(theatre.live.snapshot().sockets == 4)
        #expect(theatre.storage.events == ["JOINED viewer"])
    }

    @Test func slotsReachTheirViewerAndItsLaterSockets() async throws {
        let theatre = await Theatre()
        try await theatre.running {
            let early = try await theatre.connect(Theatre.viewer())
            let other = try await theatre.connect(Theatre.viewer("other"))
            _ = await early.message()
            _ = await other.message()
            let resource = try await theatre.subscribe(Theatre.viewer()).resource
            let slots = [
                SlotReport(mid: "0", kind: .video, participant: ParticipantID("h"), layer: "hi")
            ]
            theatre.media.report.yield([.slots(resource, slots)])
            #expect(await early.next() == .text(ServerMessage.slots(resource, slots)))
            let late = try await theatre.connect(Theatre.viewer())
            _ = await late.message()
            #expect(await late.next() == .text(ServerMessage.slots(resource, slots)))
            await other.send(#"{"type":"PING"}"#)
            #expect(await other.next() == .text(ServerMessage.pong))
        }
    }

    @Test func layersReachTheirViewerAndItsLaterSockets() async throws {
        let theatre = await Theatre()
        try await theatre.running {
            _ = try await theatre.publish(Theatre.host())
            let early = try await theatre.connect(Theatre.viewer())
            let other = try await theatre.connect(Theatre.viewer("other"))
            _ = await early.message()
            _ = await other.message()
            let resource = try await theatre.subscribe(Theatre.viewer(), to: "host").resource
            let host = ParticipantID("host")
            func text(_ layer: String, _ reason: LayerReason) -> EventsConnection.Frame {
                .text(ServerMessage.layer(resource, of: host, layer: layer, reason: reason))
            }
            theatre.media.report.yield([
                .subscribeStarted(resource, to: host),
                .layer(resource, of: host, layer: "lo", .started),
                .layer(resource, of: host, layer: "hi", .publisher),
            ])
            #expect(await early.next() == text("lo", .started))
            #expect(await early.next() == text("hi", .publisher))
            let late = try await theatre.connect(Theatre.viewer())
            _ = await late.message()
            #expect(await late.next() == text("hi", .publisher))
            theatre.media.report.yield([.subscribeStopped(resource, to: host)])
            #expect(
                await eventually {
                    theatre.storage.events.last == "SUBSCRIBE_STOPPED viewer host"
                })
            let last = try await theatre.connect(Theatre.viewer())
            _ = await last.message()
            for socket in [last, other] {
                await socket.send(#"{"type":"PING"}"#)
                #expect(await socket.next() == .text(ServerMessage.pong))
            }
        }
    }

    @Test func qualityAddsTheHostsLeg() async throws {
        let theatre = await Theatre()
        try await theatre.running {
            let publication = try await theatre.publish(Theatre.host()).resource
            let subscription = try await theatre.subscribe(Theatre.viewer(), to: "host").resource
            let socket = try await theatre.connect(Theatre.viewer())
            _ = await socket.message()
            theatre.media.report.yield([
                .subscribeStarted(subscription, to: ParticipantID("host")),
                .latency(
                    publication,
                    LatencyReport(roundTrip: .milliseconds(30), networkQuality: .normal)),
                .latency(
                    subscription,
                    LatencyReport(
                        roundTrip: .milliseconds(50), serverMedian: .milliseconds(1),
                        serverP99: .milliseconds(2), fractionLost: 0.25, networkQuality: .poor)),
            ])
            let expected = QualityReport(
                hostToServer: .milliseconds(15), serverMedian: .milliseconds(1),
                serverP99: .milliseconds(2), serverToViewer: .milliseconds(25), fractionLost: 0.25,
                networkQuality: .poor,
                publishers: [
                    PublisherQuality(
                        participant: ParticipantID("host"), hostToServer: .milliseconds(15),
                        networkQuality: .normal)
                ])
            #expect(await socket.next() == .text(ServerMessage.quality(subscription, expected)))
            #expect(
                await eventually {
                    theatre.storage.events.last == "SUBSCRIBE_STARTED viewer host"
                })
            theatre.media.report.yield([.ended(subscription, .publisherEnded)])
            #expect(
                await eventually {
                    theatre.storage.events.last == "SUBSCRIBE_STOPPED viewer host"
                })
        }
    }

    @Test func disconnectTellsAndCloses() async throws {
        let theatre = await Theatre()
        let created = try await theatre.publish(Theatre.host())
        let socket = try await theatre.connect(Theatre.host())
        _ = await socket.message()
        try await theatre.live.disconnect(
            ParticipantID("host"), of: StageID("stage"), reason: "spam")
        let farewell = await socket.message()
        #expect(farewell?["type"] == .string("DISCONNECTED"))
        #expect(farewell?["payload"]?["reason"] == .string("PARTICIPANT_DISCONNECTED"))
        #expect(farewell?["payload"]?["message"] == .string("spam"))
        #expect(await socket.next() == .close(code: 1000, reason: "PARTICIPANT_DISCONNECTED"))
        #expect(await socket.next() == nil)
        #expect(theatre.media.closed == [created.resource])
        #expect(theatre.storage.events == ["JOINED host", "LEFT host"])
        #expect(theatre.storage.record("host")?.isRevoked == true)
        #expect(theatre.storage.record("host")?.isConnected == false)
    }

    @Test func shutdownTellsEverybody() async throws {
        let theatre = await Theatre()
        let created = try await theatre.publish(Theatre.host())
        let socket = try await theatre.connect(Theatre.viewer())
        _ = await socket.message()
        await theatre.live.shutdown()
        #expect(await socket.message()?["payload"]?["reason"] == .string("SERVER_SHUTDOWN"))
        #expect(await socket.next() == .close(code: 1001, reason: "SERVER_SHUTDOWN"))
        #expect(theatre.media.closed == [created.resource])
        #expect(theatre.storage.sessions.allSatisfy { $0.endedAt != nil })
        await #expect(throws: SignallingError.self) { try await theatre.publish(Theatre.host()) }
    }

    @Test func changesAreCoalesced() async throws {
        let theatre = await Theatre { $0.broadcastInterval = .milliseconds(500) }
        let viewer = try await theatre.connect(Theatre.viewer())
        let host = try await theatre.connect(Theatre.host())
        _ = await viewer.message()
        _ = try await theatre.publish(Theatre.host())
        for index in 0..<15 {
            await host.send(#"{"type":"MUTE","payload":{"audioMuted":\#(index % 2 == 0)}}"#)
        }
        var count = 0
        _ = await viewer.state { participants in
            count += 1
            return participants.count == 2 && participants[0]["audioMuted"] == .bool(true)
                && count > 1
        }
        // The first at once, and one for all the rest; a few on a machine that was slow, of 16 changes.
        #expect(count <= 6)
    }
}

@Suite(.timeLimit(.minutes(1))) struct LiveSessionTests {
    @Test func sessionEndsAfterItsTime() async throws {
        let theatre = await Theatre()
        let created = try await theatre.publish(Theatre.host())
        try await theatre.live.end(created.resource, bearer: Theatre.host())
        await theatre.live.advance()
        #expect(await theatre.live.activeSession(of: StageID("stage")) != nil)
        theatre.wait(.seconds(60))
        await theatre.live.advance()
        #expect(await theatre.live.activeSession(of: StageID("stage")) == nil)
        #expect(theatre.storage.sessions.map(\.endedAt) == [theatre.now])
        #expect(theatre.live.snapshot() == LiveCounts())
    }

    @Test func comingBackKeepsTheFirstJoining() async throws {
        let theatre = await Theatre()
        let start = theatre.now
        for _ in 0..<2 {
            let created = try await theatre.publish(Theatre.host())
            try await theatre.live.end(created.resource, bearer: Theatre.host())
            theatre.wait(.seconds(30))
        }
        #expect(theatre.storage.sessions.count == 1)
        #expect(theatre.storage.record("host")?.firstJoinedAt == start)
    }

    @Test func runReturnsWhenTheMediaPlaneEnds() async {
        let theatre = await Theatre()
        theatre.media.report.finish()
        await theatre.live.run()
    }

    @Test func countsAreThoseOfNow() async throws {
        let theatre = await Theatre()
        _ = try await theatre.publish(Theatre.host())
        _ = try await theatre.subscribe(Theatre.viewer(), to: "host")
        _ = try await theatre.connect(Theatre.viewer())
        var expected = LiveCounts()
        (expected.stages, expected.participants) = (1, 2)
        (expected.publishers, expected.subscribers, expected.sockets) = (1, 1, 1)
        #expect(theatre.live.snapshot() == expected)
    }
}
