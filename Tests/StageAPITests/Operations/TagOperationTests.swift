import Primitives
import Testing

@testable import StageAPI

@Suite("Tag operations")
struct TagOperationTests {
    private func listed(_ test: TestService, _ arn: String) async throws -> JSONValue? {
        try await test.tags("GET", arn).body["tags"]
    }

    @Test("tags are added, replaced, listed and removed")
    func life() async throws {
        let test = try await TestService()
        let arn = try await test.createStage()
        #expect(try await listed(test, arn) == [:])

        let added = try await test.tags("POST", arn, body: ["tags": ["a b": "1", "ü": ""]])
        #expect(added.status == 200)
        #expect(added.body == [:])
        _ = try await test.tags("POST", arn, body: ["tags": ["a b": "2", "c": "3"]])
        #expect(try await listed(test, arn) == ["a b": "2", "ü": "", "c": "3"])

        let removed = try await test.tags(
            "DELETE", arn, query: "tagKeys=a%20b&tagKeys=%C3%BC&tagKeys=never")
        #expect(removed.body == [:])
        #expect(try await listed(test, arn) == ["c": "3"])
        let stage = try await test.succeed("GetStage", ["arn": .string(arn)])
        #expect(stage["stage"]?["tags"] == ["c": "3"])
    }

    @Test(
        "resources of every kind have tags",
        arguments: [
            ("CreateEncoderConfiguration", "encoderConfiguration", [:]),
            (
                "CreateStorageConfiguration", "storageConfiguration",
                ["s3": ["bucketName": "bucket"]]
            ),
            (
                "CreateIngestConfiguration", "ingestConfiguration", ["ingestProtocol": "RTMPS"]
            ),
            ("ImportPublicKey", "publicKey", ["publicKeyMaterial": .string(SelfSigner().pem)]),
        ] as [(String, String, [String: JSONValue])])
    func everyKind(operation: String, member: String, input: [String: JSONValue]) async throws {
        let test = try await TestService()
        let output = try await test.succeed(
            operation, .object(input.merging(["tags": ["a": "1", "b": "2"]]) { $1 }))
        let arn = try #require(output[member]?["arn"]?.string)
        #expect(try await listed(test, arn) == ["a": "1", "b": "2"])
        _ = try await test.tags("POST", arn, body: ["tags": ["b": "3", "c": "4"]])
        _ = try await test.tags("DELETE", arn, query: "tagKeys=a&tagKeys=x")
        #expect(try await listed(test, arn) == ["b": "3", "c": "4"])
        let fifty = JSONValue(Dictionary(uniqueKeysWithValues: (0..<50).map { ("k\($0)", "v") }))
        let surplus = try await test.tags("POST", arn, body: ["tags": fifty])
        #expect(surplus.error == "400 ValidationException")
        for method in ["GET", "POST", "DELETE"] {
            let other = try await test.tags(
                method, arn.replacingLast(with: "x"), query: "tagKeys=a",
                body: method == "POST" ? ["tags": [:]] : nil)
            #expect(other.error == "404 ResourceNotFoundException")
        }
    }

    @Test("the ARN may stand in the path with or without encoding")
    func paths() async throws {
        let test = try await TestService()
        let arn = try await test.createStage()
        for path in ["/tags/" + arn, "/tags/" + arn.replacing("/", with: "%2f")] {
            #expect(try await test.send(test.request("GET", path)).status == 200)
        }
    }

    @Test("a resource has at most 50 tags")
    func limit() async throws {
        let test = try await TestService()
        let arn = try await test.createStage()
        let fifty = JSONValue(
            Dictionary(uniqueKeysWithValues: (0..<50).map { ("k\($0)", "v") }))
        #expect(try await test.tags("POST", arn, body: ["tags": fifty]).status == 200)
        let replaced = try await test.tags("POST", arn, body: ["tags": ["k0": "new"]])
        #expect(replaced.status == 200)
        let surplus = try await test.tags("POST", arn, body: ["tags": ["one more": ""]])
        #expect(surplus.error == "400 ValidationException")
        #expect(surplus.message.contains("51"))
        guard case .object(let tags) = try await listed(test, arn) else {
            throw FakeOccupancy.Failure()
        }
        #expect(tags.count == 50)
        #expect(tags["k0"] == "new")
    }

    @Test(
        "every constraint is enforced",
        arguments: [
            ("POST", "", #"{}"#, "null at 'tags'"),
            ("POST", "", #"{"tags":null}"#, "null at 'tags'"),
            ("POST", "", #"{"tags":{"":"v"}}"#, "length greater than or equal to 1"),
            ("POST", "", #"{"tags":{"aws:x":"v"}}"#, "pattern: (?!aws:).*"),
            ("POST", "", #"{"tags":{"AWS:x":"v"}}"#, "pattern: (?!aws:).*"),
            ("DELETE", "", "", "null at 'tagKeys'"),
            ("DELETE", "tagKeys=", "", "length greater than or equal to 1"),
            ("DELETE", "tagkeys=a", "", "null at 'tagKeys'"),
        ])
    func constraints(method: String, query: String, body: String, text: String) async throws {
        let test = try await TestService()
        let arn = try await test.createStage()
        let path = "/tags/" + percentEncode(arn.utf8)
        let answer = try await test.send(
            test.request(method, path, query: query, body: body))
        #expect(answer.error == "400 ValidationException")
        #expect(answer.message.contains(text), "\(answer.message)")
    }

    @Test("lengths of keys and values count characters")
    func lengths() async throws {
        let test = try await TestService()
        let arn = try await test.createStage()
        let key = String(repeating: "é", count: 128)
        let value = String(repeating: "☃", count: 256)
        func status(_ key: String, _ value: String) async throws -> Int {
            try await test.tags("POST", arn, body: ["tags": [key: .string(value)]]).status
        }
        #expect(try await status(key, value) == 200)
        #expect(try await status(key + "é", value) == 400)
        #expect(try await status(key, value + "☃") == 400)
        let many = (0..<51).map { "tagKeys=k\($0)" }.joined(separator: "&")
        let answer = try await test.tags("DELETE", arn, query: many)
        #expect(answer.error == "400 ValidationException")
    }

    @Test("an ARN that is none is refused, and one that names nothing is not found")
    func arns() async throws {
        let test = try await TestService()
        for arn in [
            "x", "arn:aws:s3:::bucket", "arn:aws:ivs:local:0:stage",
            "arn:aws:ivs:local:0:stage/a/b",
        ] {
            #expect(try await test.tags("GET", arn).error == "400 ValidationException", "\(arn)")
        }
        for type in ["stage", "channel", "public-key"] {
            let answer = try await test.tags("GET", "arn:aws:ivs:local:000000000000:\(type)/none")
            #expect(answer.error == "404 ResourceNotFoundException")
        }
        #expect(try await test.tags("PUT", "x").error == "404 UnknownOperationException")
    }
}
