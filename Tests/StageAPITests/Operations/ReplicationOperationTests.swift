import Primitives
import Storage
import Testing

@testable import StageAPI

@Suite("Operations on replication")
struct ReplicationOperationTests {
    private func service() async throws -> (test: TestService, input: [String: JSONValue]) {
        let test = try await TestService()
        let (source, destination) = (try await test.createStage(), try await test.createStage())
        return (
            test,
            [
                "sourceStageArn": .string(source), "destinationStageArn": .string(destination),
                "participantId": "P1",
            ]
        )
    }

    @Test("the live side is asked, and its answers are errors of the model")
    func start() async throws {
        let (test, input) = try await service()
        let full = input.merging(
            ["reconnectWindowSeconds": 30, "attributes": ["a": "b"]]
        ) { $1 }
        #expect(try await test.succeed("StartParticipantReplication", .object(full)) == [:])
        #expect(test.occupancy.calls.last?.hasSuffix(#", 30 s, ["a": "b"]"#) == true)
        for (outcome, error) in [
            (.absent, "404 ResourceNotFoundException"), (.notPublishing, "409 ConflictException"),
            (.alreadyReplicated, "409 ConflictException"),
            (.tooMany(limit: 5), "402 ServiceQuotaExceededException"),
            (.attributesTooLarge(1_025), "400 ValidationException"),
            (.refused(.quota, message: "full"), "402 ServiceQuotaExceededException"),
            (.refused(.conflict, message: "there"), "409 ConflictException"),
        ] as [(ReplicationOutcome, String)] {
            test.occupancy.answer(outcome)
            let answer = try await test.call("StartParticipantReplication", .object(input))
            #expect(answer.error == error)
        }
        test.occupancy.fail()
        let failure = try await test.call("StartParticipantReplication", .object(input))
        #expect(failure.error == "500 InternalServerException")
    }

    @Test("stages must differ and exist, and the window has its bounds")
    func validation() async throws {
        let (test, input) = try await service()
        for (change, error) in [
            (["destinationStageArn": input["sourceStageArn"]!], "400 ValidationException"),
            (["reconnectWindowSeconds": 301], "400 ValidationException"),
            (["participantId": .null], "400 ValidationException"),
            (
                ["destinationStageArn": .string("arn:aws:ivs:local:000000000000:stage/zzz")],
                "404 ResourceNotFoundException"
            ),
        ] as [([String: JSONValue], String)] {
            let answer = try await test.call(
                "StartParticipantReplication", .object(input.merging(change) { $1 }))
            #expect(answer.error == error)
        }
        #expect(test.occupancy.calls.isEmpty)
    }

    @Test("stopping what does not go on is not found")
    func stop() async throws {
        let (test, input) = try await service()
        #expect(try await test.succeed("StopParticipantReplication", .object(input)) == [:])
        test.occupancy.answer(ReplicationOutcome.absent)
        let answer = try await test.call("StopParticipantReplication", .object(input))
        #expect(answer.error == "404 ResourceNotFoundException")
    }

    @Test("replicas come in pages, those that ended too")
    func list() async throws {
        let (test, input) = try await service()
        let source = StageID(ResourceARN(input["sourceStageArn"]!.string!)!.id)
        var destinations: [String] = []
        for number in 0..<5 {
            let arn = try await test.createStage()
            destinations.append(arn)
            try await test.storage.apply([
                .putReplication(
                    ReplicationRecord(
                        participant: ParticipantID("P1"), sourceStage: source,
                        sourceSession: StageSessionID("st-1111111111111"),
                        destinationStage: StageID(ResourceARN(arn)!.id),
                        destinationSession: StageSessionID("st-2222222222222"),
                        isActive: number > 1, startedAt: TestService.start))
            ])
        }
        var (found, token): ([JSONValue], JSONValue?) = ([], nil)
        repeat {
            var request: [String: JSONValue] = [
                "sourceStageArn": input["sourceStageArn"]!, "participantId": "P1", "maxResults": 2,
            ]
            request["nextToken"] = token
            let page = try await test.succeed("ListParticipantReplicas", .object(request))
            found += page["replicas"]?.array ?? []
            token = page["nextToken"]
        } while token != nil
        #expect(found.map { $0["destinationStageArn"]?.string } == destinations)
        #expect(
            found.map { $0["replicationState"]?.string }
                == ["STOPPED", "STOPPED", "ACTIVE", "ACTIVE", "ACTIVE"])
    }
}
