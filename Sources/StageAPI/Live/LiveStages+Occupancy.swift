package import Primitives
import Signalling
import Stages
import Storage
import Synchronization

// What the API's operations do to the live side.
extension LiveStages {
    package func activeSession(of stage: StageID) async -> StageSessionID? {
        index.withLock { $0.places[stage]?.room }?.read { $0.machine.activeSession }
    }

    /// - Parameter reason: what the participant's sockets are told as the message; may be empty.
    /// - Throws: ``Storage/StorageError`` when it could not be made durable. The participant is
    ///   sent away also then; trying again is safe.
    package func disconnect(
        _ participant: ParticipantID, of stage: StageID, reason: String
    ) async throws {
        let room = try visit(stage)
        defer { leave(room) }
        await room.recovery.value
        let stored = try await storage.participant(participant, of: stage)
        let time = now()
        let (_, failure) = await room.perform { state in
            if let stored, state.clients[participant] == nil {
                state.clients[participant] = stored.client
            }
            let actions = state.machine.revoke(
                participant, stored: stored.map(ParticipantStatus.init), at: time)
            state.farewell = reason.isEmpty ? nil : reason
            state.enqueue(actions)
            state.farewell = nil
            return ((), [])
        }
        // Neither a replica nor what is replicated outlives it.
        await endReplications(at: time) { record in
            record.participant == participant
                && (record.destinationStage == stage || record.sourceStage == stage)
        }
        if let failure { throw failure }
    }

    package func stageDeleted(_ stage: StageID) async {
        let room = index.withLock { index in
            index.remember(deleted: stage, limit: limits.rememberedDeletions)
            return index.places[stage]?.room
        }
        stages.drop(changedBy: [.deleteStage(stage)])
        let time = now()
        if let room {
            _ = await room.perform { ((), $0.machine.delete(at: time)) }
            settle(room)
        }
        await endReplications(at: time) {
            $0.sourceStage == stage || $0.destinationStage == stage
        }
    }
}

extension LiveStages.Index {
    fileprivate mutating func remember(deleted stage: StageID, limit: Int) {
        guard deleted.insert(stage).inserted else { return }
        deletionOrder.append(stage)
        if deletionOrder.count > limit { deleted.remove(deletionOrder.removeFirst()) }
    }
}
