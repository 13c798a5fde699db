import Primitives
import Storage

/// Stops or resumes the passing on of a participant's sound or picture. It holds until it is lifted
/// or the stage session ends, also when the participant publishes anew; the participant cannot lift
/// it, and everybody sees it in `STAGE_STATE` as `mutedByModerator`.
///
/// Not in IVS. Input: `stageArn`, `participantId`, and of `audio` and `video` (`true` mutes, `false`
/// lifts, absent leaves as it is) at least one. Output: none. A participant that is not on the stage
/// is a `ResourceNotFoundException`.
struct MuteParticipant: APIOperation {
    static let name = "MuteParticipant"

    private let stageARN: ResourceARN
    private let participant: ParticipantID
    private let audio: Bool?
    private let video: Bool?

    init(reading input: InputReader) {
        stageARN = input.requiredARN("stageArn")
        participant = ParticipantID(input.requiredString("participantId"))
        audio = input.boolean("audio")
        video = input.boolean("video")
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        guard audio != nil || video != nil else {
            throw .validation("At least one of audio and video must be given.")
        }
        let stage = try await service.stage(stageARN)
        let outcome: ModerationOutcome
        do {
            outcome = try await service.occupancy.mute(
                participant, of: stage.id, audio: audio, video: video)
        } catch {
            throw service.internalError("muting a participant", error)
        }
        try outcome.requireDone(participant, stage)
        return [:]
    }
}

extension ModerationOutcome {
    func requireDone(
        _ participant: ParticipantID, _ stage: StageRecord
    ) throws(APIError) {
        switch self {
        case .done: return
        case .absent: throw .resourceNotFound("participant \(participant) on \(stage.arn)")
        case .full(let limit):
            throw .quotaExceeded(
                "\(limit) participants of this session are muted, as many as may be.")
        }
    }
}
