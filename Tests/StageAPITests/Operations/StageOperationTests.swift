import ParticipantTokens
import Primitives
import Storage
import Testing

@testable import StageAPI

@Suite("Stage operations")
struct StageOperationTests {
    private let defaultRecording: JSONValue = [
        "storageConfigurationArn": "", "mediaTypes": ["AUDIO_VIDEO"],
        "thumbnailConfiguration": [
            "targetIntervalSeconds": 60, "storage": ["SEQUENTIAL"], "recordingMode": "DISABLED",
        ],
        "recordingReconnectWindowSeconds": 0,
        "hlsConfiguration": ["targetSegmentDurationSeconds": 6], "recordParticipantReplicas": true,
    ]

    @Test("CreateStage answers with the whole stage")
    func create() async throws {
        let test = try await TestService()
        let answer = try await test.call(
            "CreateStage", ["name": "demo-realtime", "tags": ["k": "v"], "unknown": [1]])
        #expect(answer.status == 200)
        let headers = Dictionary(
            uniqueKeysWithValues: answer.headers.map { ($0.name.lowercased(), $0.value) })
        #expect(headers["content-type"] == "application/json")
        #expect(headers["x-amzn-requestid"]?.count == 36)
        #expect(headers["x-amzn-errortype"] == nil)
        #expect(headers["cache-control"] == "no-store, no-cache")
        #expect(headers["x-content-type-options"] == "nosniff")
        #expect(headers["x-frame-options"] == "DENY")
        #expect(headers["content-security-policy"]?.hasPrefix("default-src 'self'") == true)
        #expect(headers["strict-transport-security"] == nil)

        let arn = try #require(answer.body["stage"]?["arn"]?.string)
        #expect(arn.wholeMatch(of: /arn:aws:ivs:local:000000000000:stage\/[0-9A-Za-z]{12}/) != nil)
        let stage: JSONValue = [
            "arn": .string(arn), "name": "demo-realtime", "tags": ["k": "v"],
            "autoParticipantRecordingConfiguration": defaultRecording,
            "endpoints": [
                "events": "ws://127.0.0.1:7700/events", "whip": "http://127.0.0.1:7700/whip",
            ],
        ]
        #expect(answer.body == ["stage": stage, "participantTokens": []])
        #expect(try await test.succeed("GetStage", ["arn": .string(arn)]) == ["stage": stage])
    }

    @Test("CreateStage needs nothing at all, not even a body")
    func createEmpty() async throws {
        let test = try await TestService()
        let answer = try await test.send(test.request("POST", "/CreateStage"))
        #expect(answer.status == 200)
        #expect(answer.body["stage"]?["name"] == "")
        #expect(answer.body["stage"]?["tags"] == [:])
    }

    @Test("CreateStage mints the tokens that were asked for, in order")
    func createWithTokens() async throws {
        let test = try await TestService()
        let configurations: [JSONValue] = (0..<12).map {
            ["userId": .string("user-\($0)"), "duration": .integer(Int64($0) + 1)]
        }
        let output = try await test.succeed(
            "CreateStage", ["participantTokenConfigurations": .array(configurations)])
        let tokens = output["participantTokens"]?.array ?? []
        #expect(tokens.map { $0["userId"]?.string } == (0..<12).map { "user-\($0)" })
        #expect(Set(tokens.map { $0["participantId"]?.string }).count == 12)
        let claims = try await test.secrets.tokens.verify(
            try #require(tokens[3]["token"]?.string), at: test.now)
        #expect(claims.userID == "user-3")
        #expect(claims.stageARN == output["stage"]?["arn"]?.string)
        #expect(claims.expiresAt == test.now + .seconds(240))
    }

    @Test("GetStage and ListStages show the session that goes on")
    func activeSession() async throws {
        let test = try await TestService()
        let arn = try await test.createStage()
        test.occupancy.occupy(StageID(ResourceARN(arn)!.id), "st-1234567890123")
        let stage = try await test.succeed("GetStage", ["arn": .string(arn)])
        #expect(stage["stage"]?["activeSessionId"] == "st-1234567890123")
        let list = try await test.succeed("ListStages")
        #expect(
            list == [
                "stages": [
                    [
                        "arn": .string(arn), "name": "s", "tags": [:],
                        "activeSessionId": "st-1234567890123",
                    ]
                ]
            ])
    }

    @Test("ListStages pages in the order of creation, 50 at a time")
    func list() async throws {
        let test = try await TestService()
        #expect(try await test.succeed("ListStages") == ["stages": []])
        var arns: [String] = []
        for number in 0..<101 { arns.append(try await test.createStage("n\(number)")) }

        var found: [String] = []
        var sizes: [Int] = []
        var token: JSONValue?
        repeat {
            let page = try await test.succeed(
                "ListStages", JSONValue(members: ["nextToken": token]))
            let stages = page["stages"]?.array ?? []
            sizes.append(stages.count)
            found += stages.compactMap { $0["arn"]?.string }
            token = page["nextToken"]
            if let text = token?.string {
                #expect(text.wholeMatch(of: /[a-zA-Z0-9+\/=_-]{1,1024}/) != nil)
            }
        } while token != nil
        #expect(sizes == [50, 50, 1])
        #expect(found == arns)

        let whole = try await test.succeed("ListStages", ["maxResults": 100])
        #expect(whole["stages"]?.array.count == 100)
        let one = try await test.succeed("ListStages", ["maxResults": 1, "nextToken": ""])
        #expect(one["stages"]?[0]?["arn"]?.string == arns[0])
    }

    @Test("a page token that was changed or made elsewhere is refused")
    func pageTokens() async throws {
        let test = try await TestService()
        for _ in 0..<3 { _ = try await test.createStage() }
        let page = try await test.succeed("ListStages", ["maxResults": 1])
        let token = try #require(page["nextToken"]?.string)
        var forged = [
            "x", "AAAAAAAAAAEAAAAAAAAAAAAAAAAAAAAA", token + "A", String(token.dropLast()),
            test.secrets.pages.token(for: "ListOther", cursor: 1), "====", "_",
            PageTokens(key: Redacted([UInt8](repeating: 0, count: 32)))
                .token(for: "ListStages", cursor: 1),
        ]
        for index in token.indices.dropLast() {
            let other: Character = token[index] == "A" ? "B" : "A"
            forged.append(token.replacingCharacter(at: index, with: other))
        }
        for forged in forged {
            let answer = try await test.call("ListStages", ["nextToken": .string(forged)])
            #expect(answer.error == "400 ValidationException", "\(forged)")
        }
        // It stays good over a restart, since its key is stored.
        let restarted = try await TestService(storage: test.storage)
        let next = try await restarted.succeed("ListStages", ["nextToken": .string(token)])
        #expect(next["stages"]?.array.count == 2)
    }

    @Test("UpdateStage changes what is given and leaves the rest")
    func update() async throws {
        let test = try await TestService()
        let output = try await test.succeed("CreateStage", ["name": "a", "tags": ["k": "v"]])
        var expected = try #require(output["stage"])
        let arn = try #require(expected["arn"])

        let renamed = try await test.succeed("UpdateStage", ["arn": arn, "name": "b"])
        expected = expected.setting("name", "b")
        #expect(renamed == ["stage": expected])
        #expect(try await test.succeed("UpdateStage", ["arn": arn]) == ["stage": expected])
        #expect(try await test.succeed("GetStage", ["arn": arn]) == ["stage": expected])

        let cleared = try await test.succeed("UpdateStage", ["arn": arn, "name": ""])
        #expect(cleared["stage"]?["name"] == "")
    }

    @Test("an empty storage configuration turns recording off and resets the rest")
    func recordingOff() async throws {
        let test = try await TestService()
        let arn = try await test.createStage()
        let output = try await test.succeed(
            "UpdateStage",
            [
                "arn": .string(arn),
                "autoParticipantRecordingConfiguration": [
                    "storageConfigurationArn": "", "mediaTypes": ["AUDIO_ONLY"],
                    "recordingReconnectWindowSeconds": 300, "recordParticipantReplicas": false,
                ],
            ])
        #expect(output["stage"]?["autoParticipantRecordingConfiguration"] == defaultRecording)
    }

    @Test("recording goes to a storage configuration that exists, which then stays")
    func recordingOn() async throws {
        let test = try await TestService()
        let storage = try await test.createStorageConfiguration()
        let missing = storage.replacingLast(with: "x")
        func recording(_ storage: String) -> JSONValue {
            ["storageConfigurationArn": .string(storage), "mediaTypes": ["AUDIO_ONLY"]]
        }
        let refused = try await test.call(
            "CreateStage", ["autoParticipantRecordingConfiguration": recording(missing)])
        #expect(refused.error == "400 ValidationException")
        #expect(refused.message.contains("no storage configuration \(missing)"))
        #expect(try await test.succeed("ListStages") == ["stages": []])

        let created = try await test.succeed(
            "CreateStage", ["autoParticipantRecordingConfiguration": recording(storage)])
        let first = try #require(created["stage"]?["arn"])
        let configuration = created["stage"]?["autoParticipantRecordingConfiguration"]
        #expect(configuration?["storageConfigurationArn"] == .string(storage))
        #expect(configuration?["mediaTypes"] == ["AUDIO_ONLY"])
        let second = JSONValue.string(try await test.createStage())
        let updated = try await test.call(
            "UpdateStage",
            ["arn": second, "autoParticipantRecordingConfiguration": recording(missing)])
        #expect(updated.error == "404 ResourceNotFoundException")
        _ = try await test.succeed(
            "UpdateStage",
            ["arn": second, "autoParticipantRecordingConfiguration": recording(storage)])

        func deletion() async throws -> Answer {
            try await test.call("DeleteStorageConfiguration", ["arn": .string(storage)])
        }
        #expect(try await deletion().error == "409 ConflictException")
        _ = try await test.succeed("DeleteStage", ["arn": first])
        let conflict = try await deletion()
        #expect(conflict.error == "409 ConflictException")
        #expect(conflict.message.contains(second.string!))
        _ = try await test.succeed("UpdateStage", ["arn": second, "name": "renamed"])
        #expect(try await deletion().error == "409 ConflictException")
        _ = try await test.succeed(
            "UpdateStage",
            ["arn": second, "autoParticipantRecordingConfiguration": recording("")])
        #expect(try await deletion().status == 200)
        #expect(try await test.storage.settings(prefix: "recording-storage/").isEmpty)
    }

    @Test("DeleteStage deletes, then sends everybody away")
    func delete() async throws {
        let test = try await TestService()
        let arn = try await test.createStage()
        let id = ResourceARN(arn)!.id
        #expect(try await test.succeed("DeleteStage", ["arn": .string(arn)]) == [:])
        #expect(test.occupancy.calls == ["deleted \(id)"])
        #expect(try await test.storage.stage(StageID(id)) == nil)
        for operation in ["GetStage", "DeleteStage", "UpdateStage"] {
            let answer = try await test.call(operation, ["arn": .string(arn)])
            #expect(answer.error == "404 ResourceNotFoundException")
            #expect(answer.message == "Resource: \(arn) not found")
        }
        #expect(test.occupancy.calls.count == 1)
    }

    @Test("the 1,001st stage is over the quota, also when two ask at once")
    func quota() async throws {
        let test = try await TestService()
        try await test.storage.apply(
            (0..<999).map {
                .putStage(
                    StageRecord(
                        id: StageID("s\($0)"), arn: "a\($0)", name: "", tags: [:],
                        createdAt: test.now))
            })
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<5 { group.addTask { try await test.call("CreateStage").status } }
            return try await group.reduce(into: []) { $0.append($1) }.sorted()
        }
        #expect(statuses == [200, 402, 402, 402, 402])
        let answer = try await test.call("CreateStage")
        #expect(answer.error == "402 ServiceQuotaExceededException")
        #expect(answer.message.contains("1000"))
    }

    @Test("CreateParticipantToken: defaults are 12 hours and both capabilities")
    func token() async throws {
        let test = try await TestService()
        let arn = try await test.createStage()
        test.wait(.milliseconds(999))
        let output = try await test.succeed("CreateParticipantToken", ["stageArn": .string(arn)])
        let token = try #require(output["participantToken"])
        guard case .object(let members) = token else { throw FakeOccupancy.Failure() }
        #expect(members.keys.sorted() == ["expirationTime", "participantId", "token"])
        #expect(token["expirationTime"] == "2025-06-16T03:06:40Z")
        let id = try #require(token["participantId"]?.string)
        #expect(id.wholeMatch(of: /[0-9A-Za-z]{12}/) != nil)

        let claims = try await test.secrets.tokens.verify(
            try #require(token["token"]?.string), at: test.now)
        #expect(
            claims
                == ParticipantClaims(
                    participant: ParticipantID(id), stage: StageID(ResourceARN(arn)!.id),
                    stageARN: arn, eventsURL: "ws://127.0.0.1:7700/events",
                    whipURL: "http://127.0.0.1:7700/whip", capabilities: [.publish, .subscribe],
                    issuedAt: TestService.start,
                    expiresAt: TestService.start + .seconds(12 * 3600)))
    }

    @Test("CreateParticipantToken echoes what was given")
    func fullToken() async throws {
        let test = try await TestService()
        let arn = try await test.createStage()
        let request: [String: JSONValue] = [
            "duration": 20_160, "userId": "user ☃", "attributes": ["a": "é", "": ""],
            "capabilities": ["SUBSCRIBE"],
        ]
        let output = try await test.succeed(
            "CreateParticipantToken", .object(request.merging(["stageArn": .string(arn)]) { $1 }))
        for (name, value) in request { #expect(output["participantToken"]?[name] == value) }
        let claims = try await test.secrets.tokens.verify(
            try #require(output["participantToken"]?["token"]?.string), at: test.now)
        #expect(claims.capabilities == [.subscribe])
        #expect(claims.attributes == ["a": "é", "": ""])
        #expect(claims.userID == "user ☃")
        #expect(claims.expiresAt == TestService.start + .seconds(20_160 * 60))
    }

    @Test("a token that would be too long is refused in words")
    func longToken() async throws {
        let test = try await TestService()
        let arn = try await test.createStage()
        let answer = try await test.call(
            "CreateParticipantToken",
            [
                "stageArn": .string(arn), "userId": .string(String(repeating: "\u{2}", count: 128)),
                "attributes": ["k": .string(String(repeating: "\u{1}", count: 1023))],
            ])
        #expect(answer.error == "400 ValidationException")
        #expect(answer.message.contains("shorter attributes"))
    }

    @Test("DisconnectParticipant works for anyone, joined or not")
    func disconnect() async throws {
        let test = try await TestService()
        let arn = JSONValue.string(try await test.createStage())
        let id = ResourceARN(arn.string!)!.id
        let output = try await test.succeed(
            "DisconnectParticipant",
            ["stageArn": arn, "participantId": "P_1-x", "reason": "because"])
        #expect(output == [:])
        _ = try await test.succeed(
            "DisconnectParticipant", ["stageArn": arn, "participantId": "p2"])
        #expect(
            test.occupancy.calls
                == ["disconnect P_1-x of \(id): because", "disconnect p2 of \(id): "])

        let nobody = try await test.call(
            "DisconnectParticipant", ["stageArn": arn, "participantId": ""])
        #expect(nobody.error == "404 ResourceNotFoundException")
        test.occupancy.fail()
        let failed = try await test.call(
            "DisconnectParticipant", ["stageArn": arn, "participantId": "p3"])
        #expect(failed.error == "500 InternalServerException")
    }

    @Test("an ARN of another region, account or kind names nothing")
    func foreignARNs() async throws {
        let test = try await TestService()
        let arn = try await test.createStage()
        for foreign in [
            arn.replacing(":local:", with: ":other:"),
            arn.replacing("000000000000", with: "000000000001"), arn + "x",
        ] {
            let answer = try await test.call("GetStage", ["arn": .string(foreign)])
            #expect(answer.error == "404 ResourceNotFoundException", "\(foreign)")
        }
        let tags = try await test.tags("GET", arn.replacing(":stage/", with: ":channel/"))
        #expect(tags.error == "404 ResourceNotFoundException")
    }

    @Test("concurrent changes of one stage lose nothing")
    func concurrentChanges() async throws {
        let test = try await TestService()
        let arn = try await test.createStage()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<40 {
                group.addTask {
                    let answer = try await test.tags(
                        "POST", arn, body: ["tags": [("k\(number)"): "v"]])
                    #expect(answer.status == 200)
                }
            }
            try await group.waitForAll()
        }
        let stage = try await test.succeed("GetStage", ["arn": .string(arn)])
        guard case .object(let tags) = stage["stage"]?["tags"] else {
            throw FakeOccupancy.Failure()
        }
        #expect(tags.count == 40)
    }
}

extension String {
    fileprivate func replacingCharacter(at index: Index, with character: Character) -> String {
        self[..<index] + String(character) + self[self.index(after: index)...]
    }
}

extension JSONValue {
    fileprivate func setting(_ name: String, _ value: JSONValue) -> JSONValue {
        guard case .object(var members) = self else { return self }
        members[name] = value
        return .object(members)
    }
}
