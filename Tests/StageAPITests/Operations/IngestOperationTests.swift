import Primitives
import Storage
import Testing

@testable import StageAPI

@Suite("Ingest configurations")
struct IngestOperationTests {
    private func create(
        _ test: TestService, _ members: [String: JSONValue] = [:]
    ) async throws -> JSONValue {
        let input = members.merging(["ingestProtocol": "RTMPS"]) { given, _ in given }
        let output = try await test.succeed("CreateIngestConfiguration", .object(input))
        return try #require(output["ingestConfiguration"])
    }

    private func get(_ test: TestService, _ configuration: JSONValue) async throws -> JSONValue {
        let arn = try #require(configuration["arn"])
        let output = try await test.succeed("GetIngestConfiguration", ["arn": arn])
        return try #require(output["ingestConfiguration"])
    }

    /// As if somebody published with it.
    private func activate(_ test: TestService, _ configuration: JSONValue) async throws {
        let id = ResourceARN(try #require(configuration["arn"]?.string))!.id
        var record = try #require(try await test.storage.resource(.ingestConfiguration, id))
        record.state = "ACTIVE"
        try await test.storage.apply([.putResource(record)])
    }

    @Test("a new one has a participant and a key, and belongs to no stage")
    func defaults() async throws {
        let test = try await TestService()
        let made = try await create(test)
        guard case .object(let members) = made else { throw FakeOccupancy.Failure() }
        #expect(
            members.keys.sorted() == [
                "arn", "ingestProtocol", "name", "participantId", "redundantIngest", "stageArn",
                "state", "streamKey", "tags", "userId",
            ])
        for (name, value): (String, JSONValue) in [
            ("name", ""), ("ingestProtocol", "RTMPS"), ("stageArn", ""), ("state", "INACTIVE"),
            ("userId", ""), ("redundantIngest", false), ("tags", [:]),
        ] { #expect(made[name] == value) }
        let id = ResourceARN(made["arn"]!.string!)!.id
        let key = made["streamKey"]?.string ?? ""
        #expect(key.hasPrefix("rt_000000000000_local_\(id)_"))
        #expect(key.wholeMatch(of: /rt_[0-9]+_[a-z0-9-]+_[a-zA-Z0-9-]+_[0-9A-Za-z]{30}/) != nil)
        #expect(made["participantId"]?.string?.wholeMatch(of: /[0-9A-Za-z]{12}/) != nil)
        #expect(try await get(test, made) == made)
        let other = try await create(test)
        #expect(other["streamKey"] != made["streamKey"])
        #expect(other["participantId"] != made["participantId"])
    }

    @Test("everything that is given is kept; the list has less of it")
    func full() async throws {
        let test = try await TestService()
        let stage = JSONValue.string(try await test.createStage())
        let given: [String: JSONValue] = [
            "name": "studio", "stageArn": stage, "userId": "üser", "attributes": ["k": "v"],
            "ingestProtocol": "rtmp", "insecureIngest": true, "redundantIngest": true,
            "tags": ["t": "1"],
        ]
        let made = try await create(test, given)
        for name in ["name", "stageArn", "userId", "attributes", "redundantIngest", "tags"] {
            #expect(made[name] == given[name], "\(name)")
        }
        #expect(made["ingestProtocol"] == "RTMP")
        let credentials = made["redundantIngestCredentials"]?.array ?? []
        #expect(credentials.count == 2)
        #expect(credentials.first?["streamKey"] == made["streamKey"])
        #expect(credentials.first?["participantId"] == made["participantId"])
        #expect(credentials.last?["streamKey"] != made["streamKey"])
        #expect(try await get(test, made) == made)
        let list = try await test.succeed("ListIngestConfigurations")
        guard case .object(let summary) = list["ingestConfigurations"]?[0] else {
            throw FakeOccupancy.Failure()
        }
        #expect(
            summary.keys.sorted() == [
                "arn", "ingestProtocol", "name", "participantId", "redundantIngest", "stageArn",
                "state", "userId",
            ])
    }

    @Test(
        "every rule is enforced",
        arguments: [
            ([:], "null at 'ingestProtocol'"), (["ingestProtocol": "SRT"], "[RTMP, RTMPS]"),
            (["ingestProtocol": "RTMP"], "insecureIngest"),
            (["ingestProtocol": "RTMP", "insecureIngest": false], "insecureIngest"),
            (
                ["ingestProtocol": "RTMPS", "userId": .string(String(repeating: "x", count: 129))],
                "'userId'"
            ),
            (
                [
                    "ingestProtocol": "RTMPS",
                    "attributes": ["k": .string(String(repeating: "x", count: 1024))],
                ],
                "at most 1024 bytes"
            ),
            (["ingestProtocol": "RTMPS", "stageArn": "x"], "'stageArn'"),
            (
                [
                    "ingestProtocol": "RTMPS",
                    "stageArn": "arn:aws:ivs:local:000000000000:stage/gone",
                ], "there is no stage"
            ),
        ] as [([String: JSONValue], String)])
    func refused(input: [String: JSONValue], text: String) async throws {
        let test = try await TestService()
        let answer = try await test.call("CreateIngestConfiguration", .object(input))
        #expect(answer.error == "400 ValidationException")
        #expect(answer.message.contains(text), "\(answer.message)")
        #expect(
            try await test.succeed("ListIngestConfigurations") == ["ingestConfigurations": []])
    }

    @Test("it moves from stage to stage, and gets and loses its second key")
    func update() async throws {
        let test = try await TestService()
        let stage = JSONValue.string(try await test.createStage())
        let made = try await create(test, ["attributes": ["k": "v"]])
        let arn = try #require(made["arn"])
        func update(_ members: [String: JSONValue]) async throws -> JSONValue? {
            try await test.succeed(
                "UpdateIngestConfiguration", .object(members.merging(["arn": arn]) { $1 }))[
                    "ingestConfiguration"]
        }
        let attached = try await update(["stageArn": stage])
        #expect(attached?["stageArn"] == stage)
        #expect(attached?["streamKey"] == made["streamKey"])
        #expect(attached?["attributes"] == ["k": "v"])
        let redundant = try await update(["redundantIngest": true])
        #expect(redundant?["redundantIngestCredentials"]?.array.count == 2)
        #expect(redundant?["stageArn"] == stage)
        let same = try await update(["redundantIngest": true])
        #expect(same == redundant)
        let single = try await update(["redundantIngest": false])
        #expect(single?["redundantIngestCredentials"] == nil)
        let detached = try await update(["stageArn": ""])
        #expect(detached == made)

        let gone = try await test.call(
            "UpdateIngestConfiguration",
            ["arn": arn, "stageArn": "arn:aws:ivs:local:000000000000:stage/gone"])
        #expect(gone.error == "404 ResourceNotFoundException")
        let unknown = try await test.call(
            "UpdateIngestConfiguration", ["arn": .string(arn.string!.replacingLast(with: "x"))])
        #expect(unknown.error == "404 ResourceNotFoundException")
        try await activate(test, made)
        let busy = try await test.call(
            "UpdateIngestConfiguration", ["arn": arn, "stageArn": stage])
        #expect(busy.error == "409 ConflictException")
    }

    @Test("lists are filtered by stage, by state and by both")
    func filters() async throws {
        let test = try await TestService()
        let stages = [try await test.createStage(), try await test.createStage()]
        var made: [JSONValue] = []
        for index in 0..<9 {
            let stage: JSONValue = index % 3 == 2 ? "" : .string(stages[index % 3])
            made.append(try await create(test, ["stageArn": stage]))
            if index >= 6 { try await activate(test, made[index]) }
        }
        func listed(_ filters: [String: JSONValue]) async throws -> [Int?] {
            try await test.listAll(
                "ListIngestConfigurations", "ingestConfigurations", filters, by: 2
            ).map { entry in made.firstIndex { $0["arn"] == entry["arn"] } }
        }
        let first = JSONValue.string(stages[0])
        #expect(try await listed([:]) == Array(0..<9))
        #expect(try await listed(["filterByStageArn": first]) == [0, 3, 6])
        #expect(try await listed(["filterByState": "ACTIVE"]) == [6, 7, 8])
        #expect(
            try await listed(["filterByStageArn": first, "filterByState": "INACTIVE"]) == [0, 3])
        let wrong = try await test.call("ListIngestConfigurations", ["filterByState": "BUSY"])
        #expect(wrong.error == "400 ValidationException")
    }

    @Test("one in use is deleted by force only, and its publishers are sent away")
    func delete() async throws {
        let test = try await TestService()
        let stage = try await test.createStage()
        let idle = try await create(test)
        let arn = try #require(idle["arn"])
        #expect(try await test.succeed("DeleteIngestConfiguration", ["arn": arn]) == [:])
        let gone = try await test.call("DeleteIngestConfiguration", ["arn": arn])
        #expect(gone.error == "404 ResourceNotFoundException")

        let busy = try await create(
            test, ["stageArn": .string(stage), "redundantIngest": true])
        try await activate(test, busy)
        let refused = try await test.call("DeleteIngestConfiguration", ["arn": busy["arn"]!])
        #expect(refused.error == "409 ConflictException")
        #expect(test.occupancy.calls.isEmpty)
        test.occupancy.fail()
        let failed = try await test.call(
            "DeleteIngestConfiguration", ["arn": busy["arn"]!, "force": true])
        #expect(failed.error == "500 InternalServerException")
        #expect(try await get(test, busy)["state"] == "ACTIVE")
        test.occupancy.recover()
        _ = try await test.succeed(
            "DeleteIngestConfiguration", ["arn": busy["arn"]!, "force": true])
        #expect(test.occupancy.calls.count == 2)
        #expect(
            test.occupancy.calls.first?.hasPrefix(
                "disconnect \(busy["participantId"]!.string!) of \(ResourceARN(stage)!.id)")
                == true)
    }

    @Test("deleting the stage, or disconnecting the participant, takes it off the stage")
    func detaching() async throws {
        let test = try await TestService()
        let stage = JSONValue.string(try await test.createStage())
        let other = JSONValue.string(try await test.createStage())
        let first = try await create(test, ["stageArn": stage])
        let second = try await create(test, ["stageArn": stage, "redundantIngest": true])
        let third = try await create(test, ["stageArn": other])
        for made in [first, second, third] { try await activate(test, made) }

        let participant = try #require(second["redundantIngestCredentials"]?[1]?["participantId"])
        _ = try await test.succeed(
            "DisconnectParticipant", ["stageArn": stage, "participantId": participant])
        #expect(try await get(test, second)["stageArn"] == "")
        #expect(try await get(test, second)["state"] == "INACTIVE")
        #expect(try await get(test, second)["participantId"] == second["participantId"])
        #expect(try await get(test, first)["stageArn"] == stage)
        _ = try await test.succeed(
            "DisconnectParticipant",
            ["stageArn": stage, "participantId": third["participantId"]!])
        #expect(try await get(test, third)["stageArn"] == other)

        _ = try await test.succeed("DeleteStage", ["arn": stage])
        #expect(try await get(test, first)["stageArn"] == "")
        #expect(try await get(test, third)["stageArn"] == other)
        let left = try await test.succeed("ListIngestConfigurations", ["filterByStageArn": stage])
        #expect(left == ["ingestConfigurations": []])
    }
}
