import Primitives
import Storage

/// Ends a replication. One that has ended already is not found.
struct StopParticipantReplication: APIOperation {
    static let name = "StopParticipantReplication"

    private let sourceARN: ResourceARN
    private let destinationARN: ResourceARN
    private let participant: ParticipantID

    init(reading input: InputReader) {
        sourceARN = input.requiredARN("sourceStageArn")
        destinationARN = input.requiredARN("destinationStageArn")
        participant = ParticipantID(input.requiredString("participantId"))
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        let source = try await service.stage(sourceARN)
        let destination = try await service.stage(destinationARN)
        let wasStopped: Bool
        do {
            wasStopped = try await service.occupancy.stopReplication(
                of: participant, from: source.id, to: destination.id)
        } catch {
            throw service.internalError("ending a replication", error)
        }
        guard wasStopped else {
            throw .resourceNotFound(
                "replication of participant \(participant) to \(destination.arn)")
        }
        return [:]
    }
}
