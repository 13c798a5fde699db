import Primitives
import Storage

/// Sends a participant away and makes its token useless, also when it has not joined yet. An ingest
/// configuration that it came through is taken off the stage.
struct DisconnectParticipant: APIOperation {
    static let name = "DisconnectParticipant"

    private let stageARN: ResourceARN
    private let participant: ParticipantID
    private let reason: String

    init(reading input: InputReader) {
        stageARN = input.requiredARN("stageArn")
        participant = ParticipantID(input.requiredString("participantId"))
        reason = input.string("reason") ?? ""
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        let stage = try await service.stage(stageARN)
        guard !participant.rawValue.isEmpty else { throw .resourceNotFound("participant ''") }
        do {
            try await service.occupancy.disconnect(participant, of: stage.id, reason: reason)
        } catch {
            throw service.internalError("disconnecting a participant", error)
        }
        try await service.exclusively { () async throws(APIError) in
            let detached = try await service.detachedIngest(
                from: stage.arn, participant: participant)
            if !detached.isEmpty { try await service.store(detached) }
        }
        return [:]
    }
}
