import Primitives
import Storage
import Testing

@testable import StageAPI

@Suite("Operations on sessions, participants and events")
struct HistoryOperationTests {
    private let session = StageSessionID("st-1111111111111")

    /// A service with a stage, and the stage's ARN and id.
    private func service() async throws -> (test: TestService, arn: String, stage: StageID) {
        let test = try await TestService()
        let arn = try await test.createStage()
        return (test, arn, StageID(try #require(ResourceARN(arn)).id))
    }

    private func input(_ arn: String, _ more: [String: JSONValue] = [:]) -> JSONValue {
        .object(
            ["stageArn": .string(arn), "sessionId": .string(session.rawValue)].merging(more) { $1 })
    }

    @Test("sessions come newest first, and one that goes on has no end")
    func sessions() async throws {
        let (test, arn, stage) = try await service()
        let start = WallTime(unixMilliseconds: 1_682_541_029_602)
        for number in 1...5 {
            let record = SessionRecord(
                id: StageSessionID("st-\(number)111111111111"), stage: stage,
                startedAt: start + .seconds(number),
                endedAt: number < 5 ? start + .seconds(number + 1) : nil)
            try await test.storage.apply([.putSession(record)])
        }
        let first = try await test.succeed(
            "ListStageSessions", ["stageArn": .string(arn), "maxResults": 2])
        #expect(
            first["stageSessions"] == [
                ["sessionId": "st-5111111111111", "startTime": "2023-04-26T20:30:34.602Z"],
                [
                    "sessionId": "st-4111111111111", "startTime": "2023-04-26T20:30:33.602Z",
                    "endTime": "2023-04-26T20:30:34.602Z",
                ],
            ])
        var ids: [String?] = []
        var token: JSONValue?
        repeat {
            var request: [String: JSONValue] = ["stageArn": .string(arn), "maxResults": 2]
            request["nextToken"] = token
            let page = try await test.succeed("ListStageSessions", .object(request))
            ids += page["stageSessions"]?.array.map { $0["sessionId"]?.string } ?? []
            token = page["nextToken"]
        } while token != nil
        #expect(ids == (1...5).reversed().map { "st-\($0)111111111111" })

        let one = try await test.succeed("GetStageSession", input(arn))
        #expect(
            one == [
                "stageSession": [
                    "sessionId": "st-1111111111111", "startTime": "2023-04-26T20:30:30.602Z",
                    "endTime": "2023-04-26T20:30:31.602Z",
                ]
            ])
    }

    @Test("a participant has every member of its shape that is known")
    func participant() async throws {
        let (test, arn, stage) = try await service()
        let client = ClientFacts(
            osName: "macOS", osVersion: "14.5", browserName: "Chrome", browserVersion: "126.0",
            protocolName: "WHIP")
        try await test.storage.apply([
            .putSession(SessionRecord(id: session, stage: stage, startedAt: test.now)),
            .putParticipant(
                ParticipantRecord(
                    id: ParticipantID("plain_-1"), stage: stage, session: session)),
            .putParticipant(
                ParticipantRecord(
                    id: ParticipantID("full"), stage: stage, session: session, userID: "u",
                    attributes: ["k": "v"], isConnected: true, hasPublished: true,
                    firstJoinedAt: WallTime(unixSeconds: 1_682_541_034), client: client,
                    recordingState: "ACTIVE",
                    replication: ReplicationFacts(
                        role: .replica, isActive: true, sourceStage: StageID("abcdABCDefgh"),
                        sourceSession: StageSessionID("st-2222222222222")),
                    ingestConfigurationARN: "arn:aws:ivs:local:0:ingest-configuration/x")),
        ])
        let plain = try await test.succeed(
            "GetParticipant", input(arn, ["participantId": "plain_-1"]))
        #expect(
            plain["participant"] == [
                "participantId": "plain_-1", "userId": "", "state": "DISCONNECTED",
                "attributes": [:], "published": false, "ispName": "", "osName": "",
                "osVersion": "", "browserName": "", "browserVersion": "", "sdkVersion": "",
                "recordingS3BucketName": "", "recordingS3Prefix": "",
                "recordingState": "DISABLED", "protocol": "UNKNOWN", "replicationType": "NONE",
            ])
        let full = try await test.succeed("GetParticipant", input(arn, ["participantId": "full"]))
        let summary: [String: JSONValue] = [
            "participantId": "full", "userId": "u", "state": "CONNECTED",
            "firstJoinTime": "2023-04-26T20:30:34Z", "published": true,
            "recordingState": "ACTIVE", "replicationType": "REPLICA",
            "replicationState": "ACTIVE",
            "sourceStageArn": "arn:aws:ivs:local:000000000000:stage/abcdABCDefgh",
            "sourceSessionId": "st-2222222222222",
            "ingestConfigurationArn": "arn:aws:ivs:local:0:ingest-configuration/x",
        ]
        #expect(
            full["participant"]
                == .object(
                    summary.merging([
                        "attributes": ["k": "v"], "ispName": "", "osName": "macOS",
                        "osVersion": "14.5", "browserName": "Chrome", "browserVersion": "126.0",
                        "sdkVersion": "", "recordingS3BucketName": "", "recordingS3Prefix": "",
                        "protocol": "WHIP",
                    ]) { $1 }))
        let list = try await test.succeed("ListParticipants", input(arn))
        #expect(list["participants"]?[1] == .object(summary))
        for answer in [plain, full] {
            let findings = Findings()
            OperationModel.all["GetParticipant"]!.output.validate(
                answer, at: "answer", into: findings)
            #expect(throws: Never.self) { try findings.finish() }
        }
    }

    @Test("participants are filtered by one thing, and come in the order of joining")
    func participants() async throws {
        let (test, arn, stage) = try await service()
        try await test.storage.apply(
            (0..<30).map { number in
                .putParticipant(
                    ParticipantRecord(
                        id: ParticipantID("p\(number)"), stage: stage, session: session,
                        userID: number % 3 == 0 ? "third" : "", isConnected: number < 10,
                        hasPublished: number % 2 == 0,
                        recordingState: number == 7 ? "STOPPED" : ""))
            })
        func ids(_ filter: [String: JSONValue]) async throws -> [String] {
            var ids: [String] = []
            var token: JSONValue?
            repeat {
                var more = filter.merging(["maxResults": 4]) { $1 }
                more["nextToken"] = token
                let page = try await test.succeed("ListParticipants", input(arn, more))
                ids += page["participants"]?.array.compactMap { $0["participantId"]?.string } ?? []
                token = page["nextToken"]
            } while token != nil
            return ids
        }
        func named(_ numbers: some Sequence<Int>) -> [String] { numbers.map { "p\($0)" } }
        #expect(try await ids([:]) == named(0..<30))
        #expect(try await ids(["filterByState": "CONNECTED"]) == named(0..<10))
        #expect(try await ids(["filterByState": "DISCONNECTED"]) == named(10..<30))
        #expect(
            try await ids(["filterByPublished": false]) == named(stride(from: 1, to: 30, by: 2)))
        #expect(
            try await ids(["filterByUserId": "third"]) == named(stride(from: 0, to: 30, by: 3)))
        #expect(try await ids(["filterByRecordingState": "STOPPED"]) == ["p7"])

        let two = try await test.call(
            "ListParticipants",
            input(arn, ["filterByPublished": true, "filterByState": "CONNECTED"]))
        #expect(two.error == "400 ValidationException")
        for wrong in [["filterByState": "HERE"], ["filterByRecordingState": "DISABLED"]] {
            let answer = try await test.call(
                "ListParticipants", input(arn, wrong.mapValues(JSONValue.string)))
            #expect(answer.error == "400 ValidationException")
        }
        // A token belongs to the list that it came from.
        let page = try await test.succeed("ListParticipants", input(arn, ["maxResults": 4]))
        let token = try #require(page["nextToken"])
        let mixed = try await test.call(
            "ListParticipants", input(arn, ["nextToken": token, "filterByPublished": true]))
        #expect(mixed.error == "400 ValidationException")
    }

    @Test("events come newest first, each with the members that apply")
    func events() async throws {
        let (test, arn, stage) = try await service()
        let id = ParticipantID("p")
        let time = WallTime(unixSeconds: 1_682_541_034)
        func facts(_ user: String, _ capabilities: [String]) -> TokenFacts {
            TokenFacts(
                capabilities: capabilities, attributes: ["a": user], userID: user, expiresAt: time)
        }
        func event(
            _ name: String, remote: String? = nil, error: String? = nil,
            details: ParticipantEventRecord.Details? = nil
        ) -> StorageChange {
            .appendEvent(
                ParticipantEventRecord(
                    stage: stage, session: session, participant: id, name: name, time: time,
                    remoteParticipant: remote.map { ParticipantID($0) }, errorCode: error,
                    details: details))
        }
        try await test.storage.apply([
            .putSession(SessionRecord(id: session, stage: stage, startedAt: time)),
            event("JOINED"), event("SUBSCRIBE_STARTED", remote: "host"),
            event("PUBLISH_ERROR", error: "BITRATE_EXCEEDED"),
            event(
                "TOKEN_EXCHANGED",
                details: .init(
                    previousToken: facts("a", ["PUBLISH", "SUBSCRIBE"]), newToken: facts("b", []))),
            event(
                "REPLICATION_STARTED",
                details: .init(
                    destinationStage: StageID("abcdABCDefgh"),
                    destinationSession: StageSessionID("st-2222222222222"), isReplica: false)),
        ])
        let first = try await test.succeed(
            "ListParticipantEvents", input(arn, ["participantId": "p", "maxResults": 3]))
        let when: JSONValue = "2023-04-26T20:30:34Z"
        func token(_ user: JSONValue, _ capabilities: JSONValue) -> JSONValue {
            [
                "capabilities": capabilities, "attributes": ["a": user], "userId": user,
                "expirationTime": when,
            ]
        }
        #expect(
            first["events"] == [
                [
                    "name": "REPLICATION_STARTED", "participantId": "p", "eventTime": when,
                    "destinationStageArn": "arn:aws:ivs:local:000000000000:stage/abcdABCDefgh",
                    "destinationSessionId": "st-2222222222222", "replica": false,
                ],
                [
                    "name": "TOKEN_EXCHANGED", "participantId": "p", "eventTime": when,
                    "previousToken": token("a", ["PUBLISH", "SUBSCRIBE"]),
                    "newToken": token("b", []),
                ],
                [
                    "name": "PUBLISH_ERROR", "participantId": "p", "eventTime": when,
                    "errorCode": "BITRATE_EXCEEDED",
                ],
            ])
        let rest = try await test.succeed(
            "ListParticipantEvents",
            input(arn, ["participantId": "p", "nextToken": try #require(first["nextToken"])]))
        #expect(
            rest == [
                "events": [
                    [
                        "name": "SUBSCRIBE_STARTED", "participantId": "p", "eventTime": when,
                        "remoteParticipantId": "host",
                    ], ["name": "JOINED", "participantId": "p", "eventTime": when],
                ]
            ])
    }

    @Test("what is not there is not found, or has nothing to list")
    func absent() async throws {
        let (test, arn, _) = try await service()
        for stageARN in [arn, arn + "x"] {
            for operation in ["GetStageSession", "GetParticipant"] {
                let answer = try await test.call(
                    operation, input(stageARN, ["participantId": "p"]))
                #expect(answer.error == "404 ResourceNotFoundException")
            }
            for (operation, member) in [
                ("ListStageSessions", "stageSessions"), ("ListParticipants", "participants"),
                ("ListParticipantEvents", "events"),
            ] {
                let answer = try await test.succeed(
                    operation, input(stageARN, ["participantId": "p"]))
                #expect(answer == .object([member: []]))
            }
        }
    }

    @Test("session ids are of 16 characters", arguments: ["st-1", "xx-1111111111111", ""])
    func sessionIDs(id: String) async throws {
        let (test, arn, _) = try await service()
        let answer = try await test.call(
            "GetStageSession", ["stageArn": .string(arn), "sessionId": .string(id)])
        #expect(answer.error == "400 ValidationException")
    }
}
