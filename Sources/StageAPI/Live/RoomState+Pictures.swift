import Primitives
import Signalling
import Stages

// How viewers want pictures. It is said on the events socket, holds for all that the participant watches
// with, also for what it opens later, and is forgotten when it leaves.
extension RoomState {
    /// Takes what a participant says, and passes it on to what it watches with.
    mutating func take(_ requests: [PictureRequest], from participant: ParticipantID) {
        let sessions = viewing(by: participant)
        for request in requests {
            guard let wish = note(request, of: participant) else { continue }
            for session in sessions { enqueueWish(wish, of: request.publisher, for: session) }
        }
    }

    /// Passes what was said before a session on to it.
    mutating func passWishes(of participant: ParticipantID, to resource: ResourceID) {
        guard machine.kind(of: resource)?.isPublication == false else { return }
        let said = (wishes[participant] ?? [:]).sorted { $0.key.rawValue < $1.key.rawValue }
        for (publisher, wish) in said { enqueueWish(wish, of: publisher, for: resource) }
    }

    /// - Returns: `nil` for one publisher too many.
    private mutating func note(
        _ request: PictureRequest, of participant: ParticipantID
    ) -> PictureWish? {
        var said = wishes[participant] ?? [:]
        guard said[request.publisher] != nil || said.count < SignallingLimits.picturesPerMessage
        else { return nil }
        said[request.publisher, default: PictureWish()].apply(request.change)
        wishes[participant] = said
        return said[request.publisher]
    }

    private func viewing(by participant: ParticipantID) -> [ResourceID] {
        machine.resources(of: participant).filter {
            machine.kind(of: $0)?.isPublication == false
        }
    }
}
