import Primitives
import Storage

/// Sends a participant away and makes its token useless, also when it has not joined yet.
struct DisconnectParticipant: APIOperation {
    static let name = "DisconnectParticipant"

    private let stageARN: ResourceARN
    private let participant: ParticipantID
    private let reason: String

    init(reading input: InputReader) {
        stageARN = input.requiredARN("stageArn", .stageARN)
        participant = ParticipantID(input.requiredString("participantId", .participantID))
        reason = input.string("reason", .disconnectReason) ?? ""
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        let stage = try await service.stage(stageARN)
        guard !participant.rawValue.isEmpty else { throw .resourceNotFound("participant ''") }
        do {
            try await service.occupancy.disconnect(participant, of: stage.id, reason: reason)
        } catch {
            throw service.internalError("disconnecting a participant", error)
        }
        return [:]
    }
}
