import Primitives
import Storage
import Testing

@testable import StageAPI

@Suite("Stages at hand")
struct StageCacheTests {
    private let now = TestService.start

    private func stage(_ id: String, named name: String = "") -> StageRecord {
        StageRecord(
            id: StageID(id), arn: "arn:aws:ivs:local:000000000000:stage/" + id, name: name,
            tags: [:],
            createdAt: now)
    }

    @Test("are read once a second")
    func life() async {
        let cache = StageCache()
        var reads = 0
        for milliseconds in [0, 10, 999, 1000, 1500, 2500] as [Int64] {
            let time = now + .milliseconds(milliseconds)
            _ = await cache.stage(StageID("s"), at: time) { () async -> StageRecord? in
                reads += 1
                return stage("s")
            }
        }
        #expect(reads == 3)
    }

    @Test("are dropped by a change, and by one that came while they were read")
    func changes() async {
        let cache = StageCache()
        let id = StageID("s")
        func name(storedAs name: String, _ meanwhile: [StorageChange] = []) async -> String? {
            await cache.stage(id, at: now) { () async -> StageRecord? in
                cache.drop(changedBy: meanwhile)
                return stage("s", named: name)
            }?.name
        }
        #expect(await name(storedAs: "a") == "a")
        #expect(await name(storedAs: "b") == "a")
        cache.drop(changedBy: [.putStage(stage("s"))])
        #expect(await name(storedAs: "b", [.deleteStage(id)]) == "b")
        #expect(await name(storedAs: "c") == "c")
        #expect(await cache.stage(StageID("x"), at: now) { () async -> StageRecord? in nil } == nil)
    }

    @Test("no token is minted for a stage that was deleted")
    func deleted() async throws {
        let test = try await TestService()
        let arn = try await test.createStage()
        let token: JSONValue = ["stageArn": .string(arn)]
        #expect(try await test.call("CreateParticipantToken", token).status == 200)
        _ = try await test.call("DeleteStage", ["arn": .string(arn)])
        #expect(
            try await test.call("CreateParticipantToken", token).error
                == "404 ResourceNotFoundException")
        // Also when somebody else deleted it, after a second.
        let other = try await test.createStage()
        let second: JSONValue = ["stageArn": .string(other)]
        #expect(try await test.call("CreateParticipantToken", second).status == 200)
        let id = try #require(ResourceARN(other)?.id)
        try await test.storage.apply([.deleteStage(StageID(id))])
        test.wait(.seconds(1))
        #expect(try await test.call("CreateParticipantToken", second).status == 404)
    }
}
