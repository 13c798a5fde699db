import Primitives
import Signalling
import StageAPI
import Stages
import Storage
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct LiveAdmissionTests {
    /// The refusal of a call; `nil` when there was none.
    private func refusal(
        _ body: () async throws(SignallingError) -> some Sendable
    ) async -> SignallingError? {
        do throws(SignallingError) {
            _ = try await body()
            return nil
        } catch { return error }
    }

    @Test(
        arguments: [
            (nil, 401, 1, "TOKEN_MISSING"), ("rubbish", 401, 1, "TOKEN_MALFORMED"),
            ("expired", 401, 2, "TOKEN_EXPIRED"),
            ("host@nowhere+publish", 404, 9, "STAGE_DELETED"),
            ("host@stage+publish+foreign", 403, 8, "TOKEN_NOT_ALLOWED"),
        ] as [(String?, Int, Int, String)])
    func tokensAreRefused(token: String?, status: Int, code: Int, name: String) async {
        let theatre = await Theatre()
        let errors = [
            await refusal { () throws(SignallingError) in try await theatre.publish(token) },
            await refusal { () throws(SignallingError) in try await theatre.subscribe(token) },
        ]
        for error in errors {
            #expect(error?.status == status)
            #expect(error?.code == code)
            #expect(error?.name == name)
        }
        // A token that is refused leaves no trace.
        #expect(theatre.storage.contents.withLock { $0.batches.isEmpty })
        #expect(theatre.live.snapshot() == LiveCounts())
    }

    @Test func eventsSocketChecksTheTopic() async {
        let theatre = await Theatre()
        let error = await refusal { () throws(SignallingError) in
            _ = try await theatre.live.connectEvents(
                topic: StageID("other"), token: Theatre.host(), client: ClientFacts())
        }
        #expect(error?.name == "TOKEN_NOT_ALLOWED")
    }

    @Test func pathMustNameTheTokensParticipant() async throws {
        let theatre = await Theatre()
        let error = await refusal { () throws(SignallingError) in
            try await theatre.publish(Theatre.host(), path: "other")
        }
        #expect(error?.status == 403)
        #expect(error?.code == 8)
        _ = try await theatre.publish(Theatre.host(), path: "host")
    }

    @Test func capabilitiesAreCheckedAndRecorded() async {
        let theatre = await Theatre()
        let publish = await refusal { () throws(SignallingError) in
            try await theatre.publish(Theatre.viewer())
        }
        #expect(publish?.status == 403)
        #expect(publish?.code == 8)
        #expect(publish?.message.contains("PUBLISH") == true)
        let subscribe = await refusal { () throws(SignallingError) in
            try await theatre.subscribe("host@stage+publish")
        }
        #expect(subscribe?.code == 8)
        #expect(
            theatre.storage.events == [
                "PUBLISH_ERROR viewer INSUFFICIENT_CAPABILITIES",
                "SUBSCRIBE_ERROR host INSUFFICIENT_CAPABILITIES",
            ])
    }

    @Test func publishStoresBeforeItAnswers() async throws {
        let theatre = await Theatre()
        let created = try await theatre.publish(Theatre.host())
        #expect(created.sdp == "answer to o")
        #expect(created.entityTag == "\"1\"")
        #expect(theatre.storage.events == ["JOINED host"])
        let record = try #require(theatre.storage.record("host"))
        #expect(record.isConnected)
        #expect(record.userID == "user-host")
        #expect(record.firstJoinedAt == theatre.now)
        #expect(record.session == theatre.storage.sessions.first?.id)
        #expect(
            await theatre.live.activeSession(of: StageID("stage"))
                == theatre.storage.sessions.first?.id)
        let session = theatre.media.calls.withLock { $0.opened.first }
        #expect(session?.direction == .publish)
        #expect(session?.resource == created.resource)
    }

    @Test func thirteenParallelPublishers() async throws {
        let theatre = await Theatre()
        theatre.media.calls.withLock { calls in
            calls.whileOpening = { _ in try? await Task.sleep(for: .milliseconds(5)) }
        }
        let outcomes = await withTaskGroup { group in
            for index in 0..<13 {
                group.addTask { () -> SignallingError? in
                    do throws(SignallingError) {
                        _ = try await theatre.publish(Theatre.host("h\(index)"))
                        return nil
                    } catch { return error }
                }
            }
            return await group.reduce(into: [SignallingError?]()) { $0.append($1) }
        }
        let errors = outcomes.compactMap(\.self)
        #expect(errors.map(\.status) == [403])
        #expect(errors.map(\.code) == [6])
        #expect(theatre.live.snapshot().publishers == 12)
        #expect(theatre.storage.events.filter { $0.hasSuffix("QUOTA_EXCEEDED") }.count == 1)
        #expect(theatre.storage.events.filter { $0.hasPrefix("JOINED") }.count == 12)
    }

    @Test(arguments: [
        (MediaRejection.malformedOffer("no m-line"), 422, 7, "PUBLISH_ERROR host INVALID_INPUT"),
        (
            .noCommonCodec(offered: ["H265"], supported: ["H264", "VP8"]), 422, 7,
            "PUBLISH_ERROR host INVALID_VIDEO_CODEC"
        ),
        (
            .noCommonCodec(offered: ["PCMU/8000"], supported: ["opus"]), 422, 7,
            "PUBLISH_ERROR host INVALID_AUDIO_CODEC"
        ),
        (.unavailable("full"), 503, 4, "PUBLISH_ERROR host INTERNAL_SERVER_EXCEPTION"),
    ])
    func refusedOffersReturnTheirPlace(
        rejection: MediaRejection, status: Int, code: Int, event: String
    ) async throws {
        let theatre = await Theatre { $0.stage.publishers = 1 }
        theatre.media.calls.withLock { $0.rejection = rejection }
        let error = await refusal { () throws(SignallingError) in
            try await theatre.publish(Theatre.host())
        }
        #expect(error?.status == status)
        #expect(error?.code == code)
        #expect(theatre.storage.events == [event])
        #expect(theatre.live.snapshot().participants == 0)
        theatre.media.calls.withLock { $0.rejection = nil }
        _ = try await theatre.publish(Theatre.host("other"))
    }

    @Test func subscribingNeedsAPublisher() async throws {
        let theatre = await Theatre()
        let error = await refusal { () throws(SignallingError) in
            try await theatre.subscribe(Theatre.viewer(), to: "host")
        }
        #expect(error?.status == 404)
        #expect(theatre.storage.events == ["SUBSCRIBE_ERROR viewer host PUBLISHER_NOT_FOUND"])
        _ = try await theatre.publish(Theatre.host())
        _ = try await theatre.subscribe(Theatre.viewer(), to: "host")
        _ = try await theatre.subscribe(Theatre.viewer())
        #expect(
            theatre.media.calls.withLock { $0.opened.map(\.direction) } == [
                .publish, .subscribe(to: ParticipantID("host")), .subscribeToStage,
            ])
        #expect(theatre.live.snapshot().subscribers == 1)
    }

    @Test func opensAreRateLimited() async throws {
        let theatre = await Theatre { $0.stage.opensPerWindow = 2 }
        for _ in 0..<2 { _ = try await theatre.publish(Theatre.host()) }
        let error = await refusal { () throws(SignallingError) in
            try await theatre.publish(Theatre.host())
        }
        #expect(error?.status == 429)
    }

    @Test func failedWriteRefusesAndUndoes() async throws {
        let theatre = await Theatre()
        theatre.storage.fail(times: 2)
        let error = await refusal { () throws(SignallingError) in
            try await theatre.publish(Theatre.host())
        }
        #expect(error?.status == 500)
        #expect(theatre.live.snapshot().publishers == 0)
        #expect(theatre.media.closed.count == 1)
        // One failure is made up for.
        theatre.storage.fail(times: 1)
        _ = try await theatre.publish(Theatre.host())
    }

    @Test func revokedWhileNegotiating() async throws {
        let theatre = await Theatre()
        theatre.media.calls.withLock { calls in
            calls.whileOpening = { [live = theatre.live] session in
                try? await live.disconnect(session.participant, of: session.stage, reason: "")
            }
        }
        let error = await refusal { () throws(SignallingError) in
            try await theatre.publish(Theatre.host())
        }
        #expect(error?.name == "PARTICIPANT_DISCONNECTED")
        #expect(theatre.media.closed == theatre.media.calls.withLock { $0.opened.map(\.resource) })
        #expect(theatre.storage.record("host")?.isRevoked == true)
    }

    @Test func disconnectIsDurableAlsoBeforeJoining() async throws {
        let theatre = await Theatre()
        try await theatre.live.disconnect(
            ParticipantID("viewer"), of: StageID("stage"), reason: "no")
        #expect(theatre.storage.record("viewer")?.isRevoked == true)
        #expect(theatre.live.snapshot() == LiveCounts())
        for _ in 0..<2 {
            let error = await refusal { () throws(SignallingError) in
                try await theatre.subscribe(Theatre.viewer())
            }
            #expect(error?.status == 403)
            #expect(error?.code == 10)
        }
        theatre.storage.fail(times: 2)
        await #expect(throws: StorageError.self) {
            try await theatre.live.disconnect(
                ParticipantID("other"), of: StageID("stage"), reason: "no")
        }
    }

    @Test func deletedStageLetsNobodyIn() async throws {
        let theatre = await Theatre()
        let created = try await theatre.publish(Theatre.host())
        let socket = try await theatre.connect(Theatre.viewer())
        let writes = theatre.storage.contents.withLock { $0.batches.count }
        await theatre.live.stageDeleted(StageID("stage"))
        #expect(theatre.media.closed == [created.resource])
        _ = await socket.message()
        #expect(await socket.message()?["payload"]?["reason"] == .string("STAGE_DELETED"))
        #expect(await socket.next() == .close(code: 1000, reason: "STAGE_DELETED"))
        #expect(await socket.next() == nil)
        let error = await refusal { () throws(SignallingError) in
            try await theatre.publish(Theatre.host())
        }
        #expect(error?.name == "STAGE_DELETED")
        #expect(theatre.storage.contents.withLock { $0.batches.count } == writes)
    }

    @Test func reloadKeepsOnePublisher() async throws {
        let theatre = await Theatre()
        let old = try await theatre.publish(Theatre.host())
        let new = try await theatre.publish(Theatre.host())
        #expect(theatre.media.closed == [old.resource])
        #expect(theatre.live.snapshot().publishers == 1)
        #expect(theatre.storage.events == ["JOINED host"])
        let error = await refusal { () throws(SignallingError) in
            try await theatre.live.end(old.resource, bearer: Theatre.host())
        }
        #expect(error?.status == 404)
        try await theatre.live.end(new.resource, bearer: Theatre.host())
        #expect(theatre.storage.events == ["JOINED host", "LEFT host"])
        #expect(theatre.media.closed == [old.resource, new.resource])
    }
}

@Suite(.timeLimit(.minutes(1))) struct LivePatchTests {
    private func status(
        _ theatre: Theatre, _ resource: ResourceID, _ bearer: String?, _ ifMatch: String?
    ) async -> Int {
        do throws(SignallingError) {
            let result = try await theatre.live.patch(
                resource, bearer: bearer, fragment: "f", ifMatch: ifMatch)
            return result == .accepted ? 204 : 200
        } catch { return error.status }
    }

    @Test func preconditions() async throws {
        let theatre = await Theatre()
        let resource = try await theatre.publish(Theatre.host()).resource
        _ = try await theatre.publish(Theatre.host("other"))
        let host = Theatre.host()
        #expect(await status(theatre, resource, nil, "\"1\"") == 401)
        #expect(await status(theatre, resource, "rubbish", "\"1\"") == 401)
        #expect(await status(theatre, resource, Theatre.host("other"), "\"1\"") == 403)
        #expect(await status(theatre, resource, host, nil) == 428)
        #expect(await status(theatre, resource, host, "\"0\"") == 412)
        #expect(await status(theatre, resource, host, "W/\"1\"") == 412)
        #expect(await status(theatre, resource, host, "\"1\"") == 204)
        #expect(await status(theatre, resource, host, "\"0\", \"1\" ") == 204)
        #expect(await status(theatre, ResourceID("none"), host, "\"1\"") == 404)
        theatre.media.calls.withLock {
            $0.patch = .restarted(fragment: "new", entityTag: "\"2\"")
        }
        #expect(await status(theatre, resource, host, "*") == 200)
        #expect(await status(theatre, resource, host, "\"1\"") == 412)
        #expect(await status(theatre, resource, host, "\"2\"") == 200)
        #expect(await status(theatre, resource, host, "\"*\"") == 200)
        theatre.media.calls.withLock { $0.rejection = .malformedOffer("no ufrag") }
        #expect(await status(theatre, resource, host, "*") == 422)
    }

    @Test func anotherTokenOfTheParticipantMayEndIt() async throws {
        let theatre = await Theatre()
        let resource = try await theatre.publish(Theatre.host()).resource
        await #expect(throws: SignallingError.self) {
            try await theatre.live.end(resource, bearer: Theatre.host("other"))
        }
        try await theatre.live.end(resource, bearer: "host@stage+subscribe")
        #expect(theatre.live.snapshot().participants == 0)
    }
}
