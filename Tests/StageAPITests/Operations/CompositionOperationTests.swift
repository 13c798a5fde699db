import Primitives
import Storage
import Testing

@testable import StageAPI

@Suite("Compositions")
struct CompositionOperationTests {
    private static let channel = "arn:aws:ivs:local:000000000000:channel/abcABCdefDEg"

    /// A service with a stage, an encoder and a storage configuration.
    private struct Setting {
        let test: TestService
        let stage: String
        let encoder: String
        let storage: String

        init(quotas change: (inout ServiceQuotas) -> Void = { _ in }) async throws {
            test = try await TestService(quotas: change)
            stage = try await test.createStage()
            encoder = try await test.createEncoderConfiguration()
            storage = try await test.createStorageConfiguration()
        }

        var s3: JSONValue {
            [
                "s3": [
                    "storageConfigurationArn": .string(storage),
                    "encoderConfigurationArns": [.string(encoder)],
                ]
            ]
        }
        var channel: JSONValue { ["channel": ["channelArn": .string(Self.channelARN)]] }
        private static let channelARN = CompositionOperationTests.channel

        /// A request for one recording; what `members` has replaces it.
        func request(_ members: [String: JSONValue] = [:]) -> JSONValue {
            .object(
                ["stageArn": .string(stage), "destinations": [s3]].merging(members) { $1 })
        }

        func start(_ members: [String: JSONValue] = [:]) async throws -> JSONValue {
            let output = try await test.succeed("StartComposition", request(members))
            return try #require(output["composition"])
        }

        func get(_ composition: JSONValue) async throws -> JSONValue? {
            let arn = try #require(composition["arn"])
            return try await test.succeed("GetComposition", ["arn": arn])["composition"]
        }

        /// Stores a composition as if it ran.
        func run(_ id: String, state: String = "ACTIVE") async throws {
            let arn = "arn:aws:ivs:local:000000000000:composition/\(id)"
            var record = ResourceRecord(
                kind: .composition, id: id, arn: arn, state: state, links: [stage, encoder],
                createdAt: test.now)
            record.bodyMembers = [
                "stageArn": .string(stage), "layout": ["grid": [:]],
                "destinations": [
                    ["id": "d1", "state": "ACTIVE", "configuration": ["name": ""]],
                    ["id": "d2", "state": "FAILED", "configuration": ["name": ""]],
                ],
            ]
            try await test.storage.apply([.putResource(record)])
        }

        func events() async throws -> [JSONValue] {
            try await test.storage.notifications(after: 0, stage: nil, limit: 100).map {
                try JSONReader.read(Array($0.body.utf8))
            }
        }
    }

    private let grid: JSONValue = [
        "grid": [
            "featuredParticipantAttribute": "", "omitStoppedVideo": false,
            "videoAspectRatio": "VIDEO", "videoFillMode": "", "gridGap": 2,
            "participantOrderAttribute": "",
        ]
    ]

    @Test("the answer is STARTING, with every default; what is read next has FAILED")
    func start() async throws {
        let setting = try await Setting()
        let started = try await setting.start(["tags": ["k": "v"]])
        let arn = try #require(started["arn"]?.string)
        #expect(
            arn.wholeMatch(of: /arn:aws:ivs:local:000000000000:composition\/[0-9A-Za-z]{12}/) != nil
        )
        let id = try #require(started["destinations"]?[0]?["id"])
        let prefix = [
            ResourceARN(setting.stage)!.id, ResourceARN(arn)!.id, id.string!, "composite",
        ]
        let destination: [String: JSONValue] = [
            "id": id, "state": "STARTING",
            "configuration": [
                "name": "",
                "s3": [
                    "storageConfigurationArn": .string(setting.storage),
                    "encoderConfigurationArns": [.string(setting.encoder)],
                    "recordingConfiguration": [
                        "format": "HLS", "hlsConfiguration": ["targetSegmentDurationSeconds": 2],
                    ],
                ],
            ],
            "detail": ["s3": ["recordingPrefix": .string(prefix.joined(separator: "/"))]],
        ]
        let composition: [String: JSONValue] = [
            "arn": .string(arn), "stageArn": .string(setting.stage), "state": "STARTING",
            "layout": grid, "destinations": [.object(destination)], "tags": ["k": "v"],
            "startTime": "2025-06-15T15:06:40Z",
        ]
        #expect(started == .object(composition))

        let ended: [String: JSONValue] = ["state": "FAILED", "endTime": "2025-06-15T15:06:40Z"]
        let failed = composition.merging(ended) { $1 }
            .merging(["destinations": [.object(destination.merging(ended) { $1 })]]) { $1 }
        #expect(try await setting.get(started) == .object(failed))
    }

    @Test("why it failed is told to backends, in order, and kept")
    func failure() async throws {
        let setting = try await Setting()
        let started = try await setting.start(["destinations": [setting.channel, setting.s3]])
        let events = try await setting.events()
        #expect(
            events.map { $0["detail"]?["event_name"] } == [
                "Destination Failure", "Destination Failure", "Session Failure",
            ])
        #expect(
            events.map { $0["detail"]?["id"] } == [
                started["destinations"]?[0]?["id"], started["destinations"]?[1]?["id"], nil,
            ])
        for event in events {
            #expect(event["detail-type"] == "IVS Composition State Change")
            #expect(event["source"] == "aws.ivs")
            #expect(event["resources"] == [started["arn"]!])
            #expect(event["detail"]?["stage_arn"] == .string(setting.stage))
            #expect(event["detail"]?["reason"]?.string?.contains("no media compositor") == true)
        }
        let record = try #require(
            try await setting.test.storage.resource(
                .composition, ResourceARN(started["arn"]!.string!)!.id))
        #expect(record.bodyMembers["failure"]?.string?.contains("no media compositor") == true)
    }

    @Test("a destination is exactly one of channel and s3, and two are one each")
    func destinations() async throws {
        let setting = try await Setting()
        let (s3, channel) = (setting.s3, setting.channel)
        for destinations: JSONValue in [[s3], [channel], [s3, channel], [channel, s3]] {
            _ = try await setting.start(["destinations": destinations])
        }
        let both: JSONValue = ["s3": s3["s3"]!, "channel": channel["channel"]!]
        for destinations: JSONValue in [
            [], [[:]], [both], [s3, s3], [channel, channel], [s3, channel, s3], [["name": "x"]],
            [["channel": [:]]], [["s3": [:]]],
            [["s3": ["storageConfigurationArn": .string(setting.storage)]]],
            [["channel": ["channelArn": .string(setting.stage)]]],
        ] {
            let answer = try await setting.test.call(
                "StartComposition", setting.request(["destinations": destinations]))
            #expect(answer.error == "400 ValidationException", "\(destinations.text)")
        }
    }

    @Test("what is given of a destination is kept, the rest is default")
    func destinationDefaults() async throws {
        let setting = try await Setting()
        guard case .object(var s3) = setting.s3["s3"] else { throw FakeOccupancy.Failure() }
        s3["recordingConfiguration"] = ["hlsConfiguration": ["targetSegmentDurationSeconds": 5]]
        s3["thumbnailConfigurations"] = [["targetIntervalSeconds": 10]]
        let started = try await setting.start([
            "destinations": [
                ["name": "rec", "s3": .object(s3)],
                [
                    "channel": [
                        "channelArn": .string(Self.channel),
                        "encoderConfigurationArn": .string(setting.encoder),
                    ]
                ],
            ]
        ])
        let recording = started["destinations"]?[0]?["configuration"]
        #expect(recording?["name"] == "rec")
        #expect(
            recording?["s3"]?["recordingConfiguration"]
                == ["format": "HLS", "hlsConfiguration": ["targetSegmentDurationSeconds": 5]])
        #expect(
            recording?["s3"]?["thumbnailConfigurations"]
                == [["targetIntervalSeconds": 10, "storage": ["SEQUENTIAL"]]])
        let channel = started["destinations"]?[1]
        #expect(
            channel?["configuration"] == [
                "name": "",
                "channel": [
                    "channelArn": .string(Self.channel),
                    "encoderConfigurationArn": .string(setting.encoder),
                ],
            ])
        #expect(channel?["detail"] == nil)
    }

    @Test("layouts have every default, and only one of grid and pip")
    func layouts() async throws {
        let setting = try await Setting()
        #expect(try await setting.start(["layout": [:]])["layout"] == grid)
        let given: JSONValue = [
            "grid": ["gridGap": 0, "videoFillMode": "CONTAIN", "featuredParticipantAttribute": "f"]
        ]
        #expect(
            try await setting.start(["layout": given])["layout"]?["grid"] == [
                "featuredParticipantAttribute": "f", "omitStoppedVideo": false,
                "videoAspectRatio": "VIDEO", "videoFillMode": "CONTAIN", "gridGap": 0,
                "participantOrderAttribute": "",
            ])
        let pip = try await setting.start([
            "layout": ["pip": ["featuredParticipantAttribute": "abcdefg", "pipWidth": 320]]
        ])
        #expect(
            pip["layout"] == [
                "pip": [
                    "featuredParticipantAttribute": "abcdefg", "gridGap": 0,
                    "omitStoppedVideo": false, "participantOrderAttribute": "",
                    "pipBehavior": "STATIC", "pipOffset": 0, "pipParticipantAttribute": "",
                    "pipPosition": "BOTTOM_RIGHT", "videoFillMode": "COVER", "pipWidth": 320,
                ]
            ])
        for layout: JSONValue in [
            ["grid": [:], "pip": [:]], ["grid": ["gridGap": -1]], ["pip": ["pipWidth": 0]],
            ["grid": ["videoAspectRatio": "WIDE"]], ["pip": ["pipPosition": "MIDDLE"]],
            ["grid": ["participantOrderAttribute": "a b"]],
        ] {
            let answer = try await setting.test.call(
                "StartComposition", setting.request(["layout": layout]))
            #expect(answer.error == "400 ValidationException", "\(layout.text)")
        }
    }

    @Test("all that it needs must exist")
    func missing() async throws {
        let setting = try await Setting()
        func s3(_ storage: String, _ encoder: String) -> JSONValue {
            [
                [
                    "s3": [
                        "storageConfigurationArn": .string(storage),
                        "encoderConfigurationArns": [.string(encoder)],
                    ]
                ]
            ]
        }
        for members: [String: JSONValue] in [
            ["stageArn": .string(setting.stage.replacingLast(with: "x"))],
            ["destinations": s3(setting.storage.replacingLast(with: "x"), setting.encoder)],
            ["destinations": s3(setting.storage, setting.encoder.replacingLast(with: "x"))],
            [
                "destinations": [
                    [
                        "channel": [
                            "channelArn": .string(
                                Self.channel.replacing(":local:", with: ":other:"))
                        ]
                    ]
                ]
            ],
        ] {
            let answer = try await setting.test.call(
                "StartComposition", setting.request(members))
            #expect(answer.error == "404 ResourceNotFoundException")
        }
        #expect(try await setting.events().isEmpty)
    }

    @Test("a repeated request with its token is the same composition; another one conflicts")
    func idempotency() async throws {
        let setting = try await Setting()
        let token: [String: JSONValue] = ["idempotencyToken": "t-1"]
        let first = try await setting.start(token)
        // What was left to its default is the same as what was given.
        let repeated = try await setting.start(token.merging(["layout": ["grid": [:]]]) { $1 })
        #expect(repeated["arn"] == first["arn"])
        let conflict = try await setting.test.call(
            "StartComposition", setting.request(token.merging(["tags": ["a": "b"]]) { $1 }))
        #expect(conflict.error == "409 ConflictException")
        #expect(try await setting.start()["arn"] != first["arn"])
        #expect(try await setting.start(["idempotencyToken": "t-2"])["arn"] != first["arn"])
        setting.test.wait(.seconds(301))
        let later = try await setting.start(token.merging(["tags": ["a": "b"]]) { $1 })
        #expect(later["arn"] != first["arn"])
    }

    @Test("one that has ended is there for five minutes more")
    func tombstone() async throws {
        let setting = try await Setting()
        let first = try await setting.start()
        setting.test.wait(.seconds(200))
        let second = try await setting.start()
        setting.test.wait(.milliseconds(99_999))
        _ = try await setting.get(first)
        setting.test.wait(.milliseconds(1))
        for operation in ["GetComposition", "StopComposition"] {
            let gone = try await setting.test.call(operation, ["arn": first["arn"]!])
            #expect(gone.error == "404 ResourceNotFoundException")
        }
        let listed = try await setting.test.listAll("ListCompositions", "compositions", by: 1)
        #expect(listed.map { $0["arn"] } == [second["arn"]])
        // A start clears away what nobody can see.
        _ = try await setting.start()
        #expect(
            try await setting.test.storage.resourceCount(ResourceQuery(kind: .composition)) == 2)
    }

    @Test("lists are filtered by stage and by encoder configuration")
    func list() async throws {
        let setting = try await Setting()
        let other = try await setting.test.createStage()
        let recorded = try await setting.start()
        let live = try await setting.start([
            "stageArn": .string(other), "destinations": [setting.channel],
        ])
        func listed(_ filters: [String: JSONValue] = [:]) async throws -> [JSONValue?] {
            try await setting.test.listAll("ListCompositions", "compositions", filters, by: 1).map {
                $0["arn"]
            }
        }
        #expect(try await listed() == [recorded["arn"], live["arn"]])
        #expect(try await listed(["filterByStageArn": .string(other)]) == [live["arn"]])
        let encoder: JSONValue = .string(setting.encoder)
        #expect(
            try await listed(["filterByEncoderConfigurationArn": encoder]) == [recorded["arn"]])
        #expect(
            try await listed([
                "filterByEncoderConfigurationArn": encoder, "filterByStageArn": .string(other),
            ]).isEmpty)
        let summary = try await setting.test.succeed("ListCompositions")["compositions"]?[0]
        guard case .object(let members) = summary,
            case .object(let destination) = members["destinations"]?[0]
        else { throw FakeOccupancy.Failure() }
        #expect(
            members.keys.sorted() == [
                "arn", "destinations", "endTime", "stageArn", "startTime", "state", "tags",
            ])
        #expect(destination.keys.sorted() == ["endTime", "id", "state"])
    }

    @Test("StopComposition ends what runs, and leaves alone what has ended")
    func stop() async throws {
        let setting = try await Setting()
        try await setting.run("abc")
        let arn: JSONValue = "arn:aws:ivs:local:000000000000:composition/abc"
        #expect(try await setting.test.succeed("StopComposition", ["arn": arn]) == [:])
        let stopped = try await setting.get(["arn": arn])
        #expect(stopped?["state"] == "STOPPED")
        #expect(stopped?["endTime"] == "2025-06-15T15:06:40Z")
        #expect(stopped?["destinations"]?[0]?["state"] == "STOPPED")
        #expect(stopped?["destinations"]?[1]?["state"] == "FAILED")
        #expect(
            try await setting.events().map { $0["detail"]?["event_name"] }
                == ["Destination End", "Session End"])
        setting.test.wait(.seconds(60))
        #expect(try await setting.test.succeed("StopComposition", ["arn": arn]) == [:])
        #expect(try await setting.get(["arn": arn]) == stopped)
        let failed = try await setting.start()
        _ = try await setting.test.succeed("StopComposition", ["arn": failed["arn"]!])
        #expect(try await setting.get(failed)?["state"] == "FAILED")
        let unknown = try await setting.test.call(
            "StopComposition", ["arn": .string(arn.string! + "x")])
        #expect(unknown.error == "404 ResourceNotFoundException")
    }

    @Test("those that run are limited, on one stage and on all")
    func quotas() async throws {
        let setting = try await Setting { $0.compositions = 7 }
        for number in 0..<5 { try await setting.run("run\(number)") }
        let full = try await setting.test.call("StartComposition", setting.request())
        #expect(full.error == "402 ServiceQuotaExceededException")
        #expect(full.message.contains("limit of 5 compositions of one stage"))
        let other: JSONValue = .string(try await setting.test.createStage())
        _ = try await setting.start(["stageArn": other])
        try await setting.run("run5", state: "STOPPING")
        try await setting.run("run6", state: "STARTING")
        let all = try await setting.test.call(
            "StartComposition", setting.request(["stageArn": other]))
        #expect(all.error == "402 ServiceQuotaExceededException")
        #expect(all.message.contains("limit of 7 compositions is"))
    }

    @Test("a stage takes its compositions along")
    func deleteStage() async throws {
        let setting = try await Setting()
        try await setting.run("abc")
        _ = try await setting.test.succeed("DeleteStage", ["arn": .string(setting.stage)])
        let arn: JSONValue = "arn:aws:ivs:local:000000000000:composition/abc"
        #expect(try await setting.get(["arn": arn])?["state"] == "STOPPED")
        #expect(try await setting.events().count == 2)
    }
}
