import Primitives
import Testing

@testable import StageAPI

private func long(_ count: Int, _ character: Character = "a") -> JSONValue {
    .string(String(repeating: character, count: count))
}

private let arnText = "arn:aws:ivs:local:000000000000:stage/abc"
private let arn = JSONValue.string(arnText)

private func tokens(_ members: JSONValue) -> JSONValue {
    ["participantTokenConfigurations": [[:], members]]
}

private func recording(_ members: [String: JSONValue]) -> JSONValue {
    .object([
        "autoParticipantRecordingConfiguration": .object(
            members.merging(["storageConfigurationArn": ""]) { given, _ in given })
    ])
}

@Suite("Validation")
struct ValidationTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var operation: String
        var input: JSONValue
        /// A part of the message.
        var expected: String
        var testDescription: String { "\(operation) \(input.text.prefix(80))" }

        init(_ operation: String, _ input: JSONValue, _ expected: String) {
            self.operation = operation
            self.input = input
            self.expected = expected
        }
    }

    static let constraints: [Row] = [
        Row(
            "CreateStage", ["name": long(129)],
            "'name' failed to satisfy constraint: Member must have length less than or equal to 128"
        ),
        Row(
            "CreateStage", ["name": "two words"],
            "Value 'two words' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9-_]*"
        ),
        Row("CreateStage", ["name": "é"], "at 'name'"),
        Row("CreateStage", ["name": "a\n"], "at 'name'"),
        Row("UpdateStage", ["arn": arn, "name": "a/b"], "at 'name'"),
        Row(
            "CreateStage", ["tags": ["": "v"]],
            "at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length greater than or equal to 1]"
        ),
        Row("CreateStage", ["tags": ["aws:a": "v"]], "Map keys"),
        Row(
            "CreateStage", ["tags": ["k": long(257)]],
            "Map value must satisfy constraint: [Member must have length less than or equal to 256]"
        ),
        Row(
            "CreateStage",
            ["tags": .object(Dictionary(uniqueKeysWithValues: (0...50).map { ("k\($0)", "v") }))],
            "'tags' failed to satisfy constraint: Member must have length less than or equal to 50"),
        Row(
            "CreateStage",
            ["participantTokenConfigurations": .array(Array(repeating: [:], count: 13))],
            "'participantTokenConfigurations' failed to satisfy constraint: Member must have length less than or equal to 12"
        ),
        Row(
            "CreateStage", tokens(["duration": 0]),
            "Value '0' at 'participantTokenConfigurations.2.member.duration' failed to satisfy constraint: Member must have value greater than or equal to 1"
        ),
        Row(
            "CreateStage", tokens(["duration": 20_161]),
            "Member must have value less than or equal to 20160"),
        Row(
            "CreateStage", tokens(["userId": long(129)]),
            "participantTokenConfigurations.2.member.userId"),
        Row(
            "CreateStage", tokens(["capabilities": ["PUBLISH", "FLY"]]),
            "'participantTokenConfigurations.2.member.capabilities' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [PUBLISH, SUBSCRIBE]]"
        ),
        Row(
            "CreateStage", tokens(["capabilities": ["PUBLISH", "PUBLISH", "PUBLISH"]]),
            "less than or equal to 2"),
        Row(
            "CreateStage", tokens(["attributes": ["k": long(1024)]]),
            "Keys and values must take at most 1024 bytes together"),
        Row("CreateStage", tokens(["attributes": ["é": long(1022, "b"), "k": ""]]), "1024 bytes"),
        Row(
            "CreateParticipantToken", [:],
            "Value null at 'stageArn' failed to satisfy constraint: Member must not be null"),
        Row("CreateParticipantToken", ["stageArn": .null], "Value null at 'stageArn'"),
        Row(
            "CreateParticipantToken", ["stageArn": ""],
            "'stageArn' failed to satisfy constraint: Member must have length greater than or equal to 1"
        ),
        Row("CreateParticipantToken", ["stageArn": arn, "duration": -1], "at 'duration'"),
        Row(
            "CreateParticipantToken", ["stageArn": arn, "duration": .integer(.max)], "at 'duration'"
        ),
        Row("CreateParticipantToken", ["stageArn": arn, "userId": long(129, "☃")], "at 'userId'"),
        Row(
            "CreateParticipantToken", ["stageArn": arn, "capabilities": ["publish"]],
            "at 'capabilities'"),
        Row("DisconnectParticipant", ["stageArn": arn], "Value null at 'participantId'"),
        Row(
            "DisconnectParticipant", ["stageArn": arn, "participantId": long(65)],
            "at 'participantId'"),
        Row(
            "DisconnectParticipant", ["stageArn": arn, "participantId": "a b"], "at 'participantId'"
        ),
        Row(
            "DisconnectParticipant", ["stageArn": arn, "participantId": "a", "reason": long(129)],
            "at 'reason'"),
        Row(
            "ListStages", ["maxResults": 0],
            "'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 1"
        ),
        Row("ListStages", ["maxResults": 101], "less than or equal to 100"),
        Row("ListStages", ["nextToken": "a b"], "at 'nextToken'"),
        Row("ListStages", ["nextToken": long(1025)], "less than or equal to 1024"),
        Row(
            "CreateStage", ["autoParticipantRecordingConfiguration": [:]],
            "Value null at 'autoParticipantRecordingConfiguration.storageConfigurationArn'"),
        Row(
            "CreateStage", recording(["storageConfigurationArn": "x"]),
            "at 'autoParticipantRecordingConfiguration.storageConfigurationArn'"),
        Row(
            "CreateStage", recording(["storageConfigurationArn": arn]),
            "at 'autoParticipantRecordingConfiguration.storageConfigurationArn'"),
        Row("CreateStage", recording(["mediaTypes": ["VIDEO"]]), "AUDIO_VIDEO, AUDIO_ONLY, NONE"),
        Row("CreateStage", recording(["mediaTypes": ["NONE", "NONE"]]), "less than or equal to 1"),
        Row(
            "CreateStage", recording(["recordingReconnectWindowSeconds": 301]),
            "less than or equal to 300"),
        Row(
            "CreateStage", recording(["recordingReconnectWindowSeconds": -1]),
            "greater than or equal to 0"),
        Row(
            "CreateStage", recording(["hlsConfiguration": ["targetSegmentDurationSeconds": 1]]),
            "'autoParticipantRecordingConfiguration.hlsConfiguration.targetSegmentDurationSeconds'"),
        Row(
            "CreateStage", recording(["hlsConfiguration": ["targetSegmentDurationSeconds": 11]]),
            "less than or equal to 10"),
        Row(
            "CreateStage", recording(["thumbnailConfiguration": ["targetIntervalSeconds": 0]]),
            "targetIntervalSeconds"),
        Row(
            "CreateStage", recording(["thumbnailConfiguration": ["targetIntervalSeconds": 86_401]]),
            "86400"),
        Row(
            "CreateStage",
            recording(["thumbnailConfiguration": ["storage": ["LATEST", "LATEST", "LATEST"]]]),
            "less than or equal to 2"),
        Row(
            "CreateStage", recording(["thumbnailConfiguration": ["storage": ["OLDEST"]]]),
            "SEQUENTIAL, LATEST"),
        Row(
            "CreateStage", recording(["thumbnailConfiguration": ["recordingMode": "ALWAYS"]]),
            "Value 'ALWAYS' at 'autoParticipantRecordingConfiguration.thumbnailConfiguration.recordingMode' failed to satisfy constraint: Member must satisfy enum value set: [INTERVAL, DISABLED]"
        ),
    ]

    @Test("every constraint of the model is enforced in AWS's words", arguments: constraints)
    func violated(row: Row) async throws {
        let answer = try await TestService().call(row.operation, row.input)
        #expect(answer.error == "400 ValidationException")
        #expect(
            answer.message.contains(" detected: Value "),
            "\(answer.message)")
        #expect(answer.message.contains(row.expected), "\(answer.message)")
    }

    @Test(
        "every stage ARN is checked",
        arguments: [
            "x", "arn:aws:ivs:local:000000000000:stage/", "arn:aws:ivs:local:000000000000:stage",
            "arn:aws:ivs:local:000000000000:stage/a_b", "arn:aws:ivs:local:000000000000:stage/a/b",
            "arn:aws:ivs:LOCAL:000000000000:stage/a", "arn:aws:ivs::000000000000:stage/a",
            "arn:aws:ivs:local:acc:stage/a", "arn:aws:ivs:local:000000000000:channel/a",
            "arn:aws:ivschat:local:000000000000:stage/a", " " + arnText, arnText + "\n",
            "arn:aws:ivs:local:000000000000:stage/é", arnText + String(repeating: "a", count: 128),
        ])
    func stageARNs(text: String) async throws {
        let test = try await TestService()
        for (operation, member) in [
            ("GetStage", "arn"), ("UpdateStage", "arn"), ("DeleteStage", "arn"),
            ("CreateParticipantToken", "stageArn"), ("DisconnectParticipant", "stageArn"),
        ] {
            let answer = try await test.call(
                operation, [member: .string(text), "participantId": "p"])
            #expect(answer.error == "400 ValidationException", "\(operation)")
            #expect(answer.message.contains("at '\(member)'"))
        }
    }

    @Test("one answer lists everything that is wrong, up to a bound")
    func several() async throws {
        let test = try await TestService()
        let answer = try await test.call(
            "CreateParticipantToken", ["duration": 0, "userId": long(129), "capabilities": ["X"]])
        #expect(answer.message.hasPrefix("4 validation errors detected: Value null at 'stageArn'"))
        #expect(answer.message.count { $0 == ";" } == 3)

        let many = Dictionary(uniqueKeysWithValues: (0..<2000).map { ("aws:\($0)", long(300)) })
        let bounded = try await test.call("CreateStage", ["tags": .object(many)])
        #expect(bounded.message.hasPrefix("4001 validation errors detected: "))
        #expect(bounded.message.utf8.count < 8192)
    }

    @Test("the edges of every constraint are accepted")
    func edges() async throws {
        let test = try await TestService()
        let fifty = Dictionary(
            uniqueKeysWithValues: (0..<50).map {
                (String(repeating: "k", count: 126) + "\($0 + 10)", long(256, "é"))
            })
        let token: JSONValue = [
            "duration": 20_160, "userId": long(128, "☃"), "capabilities": [],
            "attributes": ["k": long(1023)],
        ]
        let output = try await test.succeed(
            "CreateStage",
            [
                "name": .string("-_" + String(repeating: "Z", count: 126)), "tags": .object(fifty),
                "participantTokenConfigurations": .array(Array(repeating: token, count: 12)),
                "autoParticipantRecordingConfiguration": [
                    "storageConfigurationArn": "", "mediaTypes": [],
                    "recordingReconnectWindowSeconds": 300,
                    "hlsConfiguration": ["targetSegmentDurationSeconds": 10],
                    "thumbnailConfiguration": [
                        "targetIntervalSeconds": 86_400, "storage": ["LATEST", "SEQUENTIAL"],
                        "recordingMode": "INTERVAL",
                    ],
                ],
            ])
        #expect(output["participantTokens"]?.array.count == 12)
        let arn = try #require(output["stage"]?["arn"])
        for body: JSONValue in [
            ["stageArn": arn, "duration": 1], ["stageArn": arn, "userId": "", "attributes": [:]],
            ["stageArn": arn, "duration": .null, "capabilities": .null],
        ] {
            _ = try await test.succeed("CreateParticipantToken", body)
        }
        _ = try await test.succeed("ListStages", ["maxResults": 1])
        _ = try await test.succeed("ListStages", ["maxResults": 100])
        _ = try await test.succeed(
            "DisconnectParticipant",
            ["stageArn": arn, "participantId": long(64), "reason": long(128, "é")])
    }

    static let types: [Row] = [
        Row(
            "CreateStage", ["name": 1],
            "NUMBER_VALUE can not be converted to String (member 'name')"),
        Row("CreateStage", ["name": ["a"]], "START_ARRAY can not be converted to String"),
        Row("CreateStage", ["tags": ["a"]], "START_ARRAY can not be converted to Map"),
        Row(
            "CreateStage", ["tags": ["a": 1]],
            "NUMBER_VALUE can not be converted to String (member 'tags.a')"),
        Row(
            "CreateStage", ["participantTokenConfigurations": [:]],
            "START_OBJECT can not be converted to List"),
        Row(
            "CreateStage", ["participantTokenConfigurations": ["a"]],
            "STRING_VALUE can not be converted to Structure"),
        Row(
            "CreateStage", tokens(["duration": "60"]),
            "STRING_VALUE can not be converted to Integer (member 'participantTokenConfigurations.2.member.duration')"
        ),
        Row(
            "CreateStage", tokens(["duration": .number(1.5)]),
            "DECIMAL_VALUE can not be converted to Integer"),
        Row(
            "CreateStage", tokens(["duration": true]), "TRUE_VALUE can not be converted to Integer"),
        Row(
            "CreateStage", tokens(["capabilities": "PUBLISH"]),
            "STRING_VALUE can not be converted to List"),
        Row(
            "CreateStage", tokens(["capabilities": [1]]),
            "NUMBER_VALUE can not be converted to String"),
        Row(
            "CreateStage", recording(["recordParticipantReplicas": "no"]),
            "STRING_VALUE can not be converted to Boolean"),
        Row(
            "CreateStage", recording(["hlsConfiguration": false]),
            "FALSE_VALUE can not be converted to Structure"),
        Row("GetStage", ["arn": [:]], "START_OBJECT can not be converted to String"),
        Row(
            "ListStages", ["maxResults": "10", "nextToken": "a b"],
            "STRING_VALUE can not be converted to Integer"),
    ]

    @Test("a wrong JSON type is a SerializationException", arguments: types)
    func mistyped(row: Row) async throws {
        let answer = try await TestService().call(row.operation, row.input)
        #expect(answer.error == "400 SerializationException")
        #expect(answer.message.contains(row.expected), "\(answer.message)")
    }

    @Test(
        "a body that is not a JSON object is a SerializationException",
        arguments: ["[]", "1", "\"\"", "null", "{", "name=x", "{}{}", "{'name':1}"])
    func bodies(body: String) async throws {
        let test = try await TestService()
        let answer = try await test.send(test.request("POST", "/CreateStage", body: body))
        #expect(answer.error == "400 SerializationException")
    }

    @Test("an unknown operation says which there are; the signature is not even looked at")
    func unknownOperations() async throws {
        let test = try await TestService()
        for (method, path) in [
            ("POST", "/GetChannel"), ("POST", "/"), ("POST", ""), ("GET", "/ListStages"),
            ("PUT", "/CreateStage"), ("POST", "/createstage"), ("POST", "/CreateStage/"),
            ("POST", "/TagResource"), ("POST", "/tags"), ("POST", "/..%2fCreateStage"),
        ] {
            let answer = try await test.send(
                APIRequest(method: method, path: path, query: "", headers: [], body: []))
            #expect(answer.error == "404 UnknownOperationException", "\(path)")
            #expect(answer.message.contains("POST /CreateStage, POST /DeleteStage"))
        }
    }

    @Test("a body over 1 MiB is not looked at")
    func largeBody() async throws {
        let test = try await TestService()
        let largest = "{}" + String(repeating: " ", count: APILimits.bodyBytes - 2)
        #expect(
            try await test.send(test.request("POST", "/ListStages", body: largest)).status == 200)
        let answer = try await test.send(
            test.request("POST", "/ListStages", body: largest + " "))
        #expect(answer.error == "413 RequestEntityTooLargeException")
    }

    @Test("no signed garbage traps or succeeds in nonsense")
    func fuzz() async throws {
        let test = try await TestService()
        var random = SeededGenerator(seed: 4)
        let members = [
            "name", "arn", "stageArn", "tags", "duration", "capabilities", "nextToken",
            "participantTokenConfigurations", "autoParticipantRecordingConfiguration",
            "storageConfigurationArn", "participantId", "maxResults", "attributes",
        ]
        func value(_ depth: Int) -> JSONValue {
            switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &random) {
            case 0: return .null
            case 1: return .bool(.random(using: &random))
            case 2: return .integer([0, 1, -1, .max, .min, 60].randomElement(using: &random)!)
            case 3: return .number(1e300)
            case 4: return .string(["", "a", "\0", "☃", "PUBLISH"].randomElement(using: &random)!)
            case 5: return arn
            case 6:
                return .array(
                    (0..<Int.random(in: 0...3, using: &random)).map { _ in value(depth - 1) })
            default: return object(depth - 1)
            }
        }
        func object(_ depth: Int) -> JSONValue {
            let names = (0..<Int.random(in: 0...5, using: &random)).map { _ in
                members.randomElement(using: &random)!
            }
            return .object(Dictionary(names.map { ($0, value(depth)) }) { $1 })
        }
        for _ in 0..<600 {
            let operation = StageService.operations.randomElement(using: &random)!.name
            let answer = try await test.call(operation, object(3))
            #expect([200, 400, 404].contains(answer.status), "\(answer.body.text)")
        }
    }
}
