package import Primitives
import Stages
import Storage
import Synchronization

// What the backend does to a participant without killing its token.
extension LiveStages {
    package func mute(
        _ participant: ParticipantID, of stage: StageID, audio: Bool?, video: Bool?
    ) async throws -> ModerationOutcome {
        try await moderate(stage) { machine in
            machine.moderate(participant, audio: audio, video: video)
        }
    }

    package func unpublish(
        _ participant: ParticipantID, of stage: StageID, reason: String
    ) async throws -> ModerationOutcome {
        let time = now()
        let outcome = try await moderate(stage) { machine in
            machine.unpublish(participant, reason: reason, at: time)
        }
        return outcome
    }

    /// - Throws: ``Storage/StorageError`` when it could not be made durable. It is done also then.
    private func moderate(
        _ stage: StageID, _ body: (inout StageMachine) -> StageMachine.Moderation
    ) async throws -> ModerationOutcome {
        guard let room = index.withLock({ $0.places[stage]?.room }) else { return .absent }
        let (outcome, failure) = await room.perform { state -> (ModerationOutcome, [StageAction]) in
            let moderation = body(&state.machine)
            return (ModerationOutcome(moderation), moderation.actions)
        }
        settle(room)
        if let failure { throw failure }
        return outcome
    }
}

extension ModerationOutcome {
    fileprivate init(_ moderation: StageMachine.Moderation) {
        switch moderation {
        case .done: self = .done
        case .absent: self = .absent
        case .full(let limit): self = .full(limit: limit)
        }
    }
}
