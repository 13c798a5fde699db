import Primitives
import Signalling
import Stages

// Which layers hosts are to send. The media plane holds those that nobody watches, as long as the host has
// an events socket on which it hears of it.
extension RoomState {
    /// Has the media plane know whether a participant hears which of its layers are wanted.
    mutating func noteReach(of participant: ParticipantID) {
        guard let resource = machine.publication(of: participant),
            // Before the answer the media plane does not know it.
            attachments[resource]?.entityTag != nil
        else { return }
        let isTold = machine.sockets(of: participant).contains { sockets[$0]?.isReady == true }
        guard attachments[resource]!.isTold != isTold else { return }
        attachments[resource]!.isTold = isTold
        enqueueTold(resource, isTold)
    }

    mutating func take(_ wanted: [WantedLayer], of resource: ResourceID) -> [StageAction] {
        attachments[resource]?.wanted = wanted
        return tell(ownerOf: resource) { _ in ServerMessage.wantedLayers(resource, wanted) }
    }
}
