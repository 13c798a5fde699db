import Primitives
import Storage

/// Ends what a participant publishes. It stays on the stage and its token stays good: it may publish
/// again, or be sent away with `DisconnectParticipant`.
///
/// Not in IVS. Input: `stageArn`, `participantId`, and a `reason` of at most 128 characters that the
/// participant is told. Output: none. A participant that is there and does not publish is no error;
/// one that is not on the stage is a `ResourceNotFoundException`.
struct UnpublishParticipant: APIOperation {
    static let name = "UnpublishParticipant"

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
        let outcome: ModerationOutcome
        do {
            outcome = try await service.occupancy.unpublish(
                participant, of: stage.id, reason: reason)
        } catch {
            throw service.internalError("unpublishing a participant", error)
        }
        try outcome.requireDone(participant, stage)
        return [:]
    }
}
