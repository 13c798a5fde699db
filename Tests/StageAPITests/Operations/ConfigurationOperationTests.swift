import Primitives
import Storage
import Testing

@testable import StageAPI

@Suite("Encoder and storage configurations")
struct ConfigurationOperationTests {
    @Test("an encoder configuration has defaults, and is read, listed and deleted")
    func encoder() async throws {
        let test = try await TestService()
        let output = try await test.succeed("CreateEncoderConfiguration")
        let arn = try #require(output["encoderConfiguration"]?["arn"])
        let encoder: JSONValue = [
            "arn": arn, "name": "", "tags": [:],
            "video": [
                "width": 1280, "height": 720, "framerate": .number(30), "bitrate": 2_500_000,
            ],
        ]
        #expect(output == ["encoderConfiguration": encoder])
        #expect(
            try await test.succeed("GetEncoderConfiguration", ["arn": arn])
                == ["encoderConfiguration": encoder])
        #expect(
            try await test.succeed("ListEncoderConfigurations")
                == ["encoderConfigurations": [["arn": arn, "name": "", "tags": [:]]]])
        #expect(try await test.succeed("DeleteEncoderConfiguration", ["arn": arn]) == [:])
        for operation in ["GetEncoderConfiguration", "DeleteEncoderConfiguration"] {
            let answer = try await test.call(operation, ["arn": arn])
            #expect(answer.error == "404 ResourceNotFoundException")
        }
    }

    @Test("what is given of the video is kept, the rest is default")
    func video() async throws {
        let test = try await TestService()
        for (given, whole): (JSONValue, JSONValue) in [
            (
                ["width": 1080, "height": 1920, "framerate": .number(29.97), "bitrate": 8_500_000],
                ["width": 1080, "height": 1920, "framerate": .number(29.97), "bitrate": 8_500_000]
            ),
            (
                ["framerate": 60],
                ["width": 1280, "height": 720, "framerate": .number(60), "bitrate": 2_500_000]
            ),
            (
                ["width": 2, "height": 2, "framerate": 1, "bitrate": 1],
                ["width": 2, "height": 2, "framerate": .number(1), "bitrate": 1]
            ),
        ] {
            let output = try await test.succeed(
                "CreateEncoderConfiguration", ["video": given, "name": "n"])
            #expect(output["encoderConfiguration"]?["video"] == whole)
        }
    }

    @Test(
        "a video that cannot be is refused",
        arguments: [
            (["width": 1921], "'video.width'"), (["width": 0], "'video.width'"),
            (["width": 641], "even number"), (["height": 361], "even number"),
            (["height": 1922], "less than or equal to 1920"),
            (["width": 1920, "height": 1082], "at most 2073600"),
            (["framerate": 0], "greater than or equal to 1"),
            (["framerate": .number(60.5)], "less than or equal to 60"),
            (["framerate": .number(0.99)], "'video.framerate'"),
            (["bitrate": 0], "'video.bitrate'"), (["bitrate": 8_500_001], "8500000"),
        ] as [([String: JSONValue], String)])
    func badVideo(video: [String: JSONValue], text: String) async throws {
        let test = try await TestService()
        let answer = try await test.call("CreateEncoderConfiguration", ["video": .object(video)])
        #expect(answer.error == "400 ValidationException")
        #expect(answer.message.contains(text), "\(answer.message)")
    }

    @Test("a storage configuration is made, read, listed and deleted")
    func storage() async throws {
        let test = try await TestService()
        let output = try await test.succeed(
            "CreateStorageConfiguration",
            ["name": "archive", "s3": ["bucketName": "my-bucket.1"], "tags": ["k": "v"]])
        let arn = try #require(output["storageConfiguration"]?["arn"])
        let whole: JSONValue = [
            "arn": arn, "name": "archive", "s3": ["bucketName": "my-bucket.1"], "tags": ["k": "v"],
        ]
        #expect(output == ["storageConfiguration": whole])
        #expect(
            try await test.succeed("GetStorageConfiguration", ["arn": arn])
                == ["storageConfiguration": whole])
        #expect(
            try await test.succeed("ListStorageConfigurations")
                == ["storageConfigurations": [whole]])
        #expect(try await test.succeed("DeleteStorageConfiguration", ["arn": arn]) == [:])
        for operation in ["GetStorageConfiguration", "DeleteStorageConfiguration"] {
            let answer = try await test.call(operation, ["arn": arn])
            #expect(answer.error == "404 ResourceNotFoundException")
        }
    }

    @Test(
        "a bucket's name is checked",
        arguments: [
            [:], ["s3": [:]], ["s3": ["bucketName": "ab"]], ["s3": ["bucketName": "Bucket"]],
            ["s3": ["bucketName": "a_b"]],
            ["s3": ["bucketName": .string(String(repeating: "a", count: 64))]],
        ] as [JSONValue])
    func badBucket(input: JSONValue) async throws {
        let test = try await TestService()
        let answer = try await test.call("CreateStorageConfiguration", input)
        #expect(answer.error == "400 ValidationException")
        #expect(answer.message.contains("at 's3"), "\(answer.message)")
    }

    @Test(
        "each kind has its quota",
        arguments: [
            ("CreateEncoderConfiguration", [:], 20, "20 encoder configurations"),
            (
                "CreateStorageConfiguration", ["s3": ["bucketName": "abc"]], 5,
                "5 storage configurations"
            ),
            (
                "CreateIngestConfiguration", ["ingestProtocol": "RTMPS"], 100,
                "100 ingest configurations"
            ),
        ] as [(String, JSONValue, Int, String)])
    func quotas(operation: String, input: JSONValue, limit: Int, text: String) async throws {
        let test = try await TestService()
        for _ in 0..<limit { _ = try await test.succeed(operation, input) }
        let answer = try await test.call(operation, input)
        #expect(answer.error == "402 ServiceQuotaExceededException")
        #expect(answer.message.contains("limit of " + text))
    }

    @Test("lists turn pages, and a token is of no use in another list")
    func pages() async throws {
        let test = try await TestService { $0.storageConfigurations = 120 }
        var arns: [JSONValue] = []
        for _ in 0..<20 { arns.append(.string(try await test.createEncoderConfiguration())) }
        for size in [1, 7, 19, 20, 21] as [Int64] {
            let found = try await test.listAll(
                "ListEncoderConfigurations", "encoderConfigurations", by: size)
            #expect(found.map { $0["arn"] } == arns)
        }
        for _ in 0..<101 { _ = try await test.createStorageConfiguration() }
        let page = try await test.succeed("ListStorageConfigurations")
        #expect(page["storageConfigurations"]?.array.count == 100)
        let token = try #require(page["nextToken"])
        let stranger = try await test.call("ListEncoderConfigurations", ["nextToken": token])
        #expect(stranger.error == "400 ValidationException")
    }

    @Test("an ARN of another kind, region or account names nothing")
    func foreign() async throws {
        let test = try await TestService()
        let arn = try await test.createEncoderConfiguration()
        for foreign in [
            arn.replacing(":local:", with: ":other:"), arn.replacing("000000000000", with: "1"),
        ] {
            let answer = try await test.call("GetEncoderConfiguration", ["arn": .string(foreign)])
            #expect(answer.error == "404 ResourceNotFoundException")
        }
        let kind = try await test.call("GetStorageConfiguration", ["arn": .string(arn)])
        #expect(kind.error == "400 ValidationException")
    }

    @Test("what a composition uses cannot be deleted before it has ended")
    func inUse() async throws {
        let test = try await TestService()
        let encoder = try await test.createEncoderConfiguration()
        let storage = try await test.createStorageConfiguration()
        for state in ["STARTING", "ACTIVE", "STOPPING", "STOPPED", "FAILED"] {
            try await test.storage.apply([
                .putResource(
                    ResourceRecord(
                        kind: .composition, id: "c", arn: "the-composition", state: state,
                        links: [encoder, storage], createdAt: test.now))
            ])
            if state == "STOPPED" { break }
            for (operation, arn) in [
                ("DeleteEncoderConfiguration", encoder), ("DeleteStorageConfiguration", storage),
            ] {
                let answer = try await test.call(operation, ["arn": .string(arn)])
                #expect(answer.error == "409 ConflictException")
                #expect(answer.message.contains("the-composition"))
            }
        }
        _ = try await test.succeed("DeleteEncoderConfiguration", ["arn": .string(encoder)])
        _ = try await test.succeed("DeleteStorageConfiguration", ["arn": .string(storage)])
    }
}
