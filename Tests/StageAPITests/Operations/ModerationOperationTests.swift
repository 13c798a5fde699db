import Testing

@testable import StageAPI

@Suite("Operations that mute and unpublish")
struct ModerationOperationTests {
    private func service() async throws -> (test: TestService, input: [String: JSONValue]) {
        let test = try await TestService()
        let arn = try await test.createStage()
        return (test, ["stageArn": .string(arn), "participantId": "p_1"])
    }

    @Test("muting says of each kind what is to be done")
    func mute() async throws {
        let (test, input) = try await service()
        for more: [String: JSONValue] in [["audio": true], ["audio": false, "video": true]] {
            let output = try await test.succeed(
                "MuteParticipant", .object(input.merging(more) { $1 }))
            #expect(output == [:])
        }
        let stage = try #require(ResourceARN(input["stageArn"]?.string ?? "")).id
        #expect(
            test.occupancy.calls == [
                "mute p_1 of \(stage): audio true, video as is",
                "mute p_1 of \(stage): audio false, video true",
            ])
        let nothing = try await test.call("MuteParticipant", .object(input))
        #expect(nothing.error == "400 ValidationException")
        let text = try await test.call(
            "MuteParticipant", .object(input.merging(["audio": "yes"]) { $1 }))
        #expect(text.error == "400 SerializationException")
    }

    @Test("unpublishing passes on the reason")
    func unpublish() async throws {
        let (test, input) = try await service()
        let output = try await test.succeed(
            "UnpublishParticipant", .object(input.merging(["reason": "Time is up"]) { $1 }))
        #expect(output == [:])
        let stage = try #require(ResourceARN(input["stageArn"]?.string ?? "")).id
        #expect(test.occupancy.calls == ["unpublish p_1 of \(stage): Time is up"])
        let long = String(repeating: "x", count: 129)
        let answer = try await test.call(
            "UnpublishParticipant", .object(input.merging(["reason": .string(long)]) { $1 }))
        #expect(answer.error == "400 ValidationException")
    }

    @Test("who is not there is not found; a full table is a quota", arguments: [true, false])
    func outcomes(mutes: Bool) async throws {
        let (test, input) = try await service()
        let operation = mutes ? "MuteParticipant" : "UnpublishParticipant"
        let whole = JSONValue.object(input.merging(mutes ? ["video": true] : [:]) { $1 })
        test.occupancy.answer(ModerationOutcome.absent)
        #expect(try await test.call(operation, whole).error == "404 ResourceNotFoundException")
        test.occupancy.answer(.full(limit: 7))
        let full = try await test.call(operation, whole)
        #expect(full.error == "402 ServiceQuotaExceededException")
        #expect(full.message.contains("7"))
        test.occupancy.fail()
        #expect(try await test.call(operation, whole).error == "500 InternalServerException")
        let unknown = input.merging(["stageArn": .string(input["stageArn"]!.string! + "x")]) { $1 }
        let absent = try await test.call(
            operation, .object(unknown.merging(mutes ? ["video": true] : [:]) { $1 }))
        #expect(absent.error == "404 ResourceNotFoundException")
    }
}
