import ParticipantTokens
package import Primitives
import Signalling
import Stages
package import Storage
import Synchronization

// The events socket.
extension LiveStages {
    package func connectEvents(
        topic: StageID, token: String?, client: ClientFacts
    ) async throws(SignallingError) -> EventsConnection {
        let claims = try await verify(token)
        guard claims.stage == topic else {
            throw .tokenNotAllowed("The token is for stage \(claims.stage), not for \(topic).")
        }
        let visit = try await enter(claims, token: token ?? "", client: client)
        defer { leave(visit) }
        let id = index.withLock { index in
            index.nextSocket += 1
            return SocketID(index.nextSocket)
        }
        let (frames, outlet) = RoomState.Socket.makeQueue(limit: limits.framesPerSocket)
        try await connect(id, outlet, visit)
        let room = visit.room
        return EventsConnection(
            frames: frames,
            receive: { text in await self.receive(text, from: id, in: room) },
            closed: { await self.closed(id, in: room) })
    }

    private func connect(
        _ id: SocketID, _ outlet: RoomState.Outlet, _ visit: Visit
    ) async throws(SignallingError) {
        let (time, random) = (now(), random)
        let participant = visit.identity.id
        let (refusal, failure) = await visit.room.perform {
            state -> (StageRefusal?, [StageAction]) in
            var generator = DrawnNumbers(draw: random)
            let admission = state.machine.connect(
                id, of: visit.identity, at: time, using: &generator)
            guard admission.refusal == nil, let view = state.machine.view(of: participant) else {
                return (admission.refusal, admission.actions)
            }
            state.sockets[id] = RoomState.Socket(
                participant: participant, outlet: outlet, claims: visit.claims,
                own: StageStateParticipant(view).encoded)
            state.enqueue(admission.actions)
            state.enqueueWelcome(id)
            return (nil, [])
        }
        if let refusal { throw SignallingError(refusal, wanted: "") }
        if failure != nil {
            await closed(id, in: visit.room)
            throw .internalFailure
        }
    }

    private func closed(_ id: SocketID, in room: StageRoom) async {
        let time = now()
        _ = await room.perform { state in
            let socket = state.sockets.removeValue(forKey: id)
            socket?.outlet.finish()
            if let socket { state.noteReach(of: socket.participant) }
            return ((), state.machine.disconnected(id, at: time))
        }
        settle(room)
    }

    private func receive(_ text: String, from id: SocketID, in room: StageRoom) async {
        let time = now()
        do throws(ClientMessageViolation) {
            // An absent socket was closed from this side; what it still says is not heard.
            let admitted = room.read { $0.sockets[id]?.budget.admit(at: time) }
            guard let admitted else { return }
            guard admitted else { throw .tooMany }
            await obey(try ClientMessage(parsing: text), from: id, in: room)
        } catch {
            let (code, reason) = (error.closeCode, error.reason)
            _ = await room.perform {
                ((), $0.closeSocket(id, code: code, reason: reason))
            }
        }
    }

    private func obey(_ message: ClientMessage, from id: SocketID, in room: StageRoom) async {
        switch message {
        case .ping:
            room.post { $0.send(ServerMessage.pong, to: [id]) }
        case .mute(let audio, let video):
            _ = await room.perform { state in
                guard let participant = state.sockets[id]?.participant else { return ((), []) }
                return ((), state.machine.mute(participant, audio: audio, video: video))
            }
        case .exchangeToken(let token):
            await exchange(token, for: id, in: room)
        case .pictures(let requests):
            _ = await room.perform { state in
                if let participant = state.sockets[id]?.participant {
                    state.take(requests, from: participant)
                }
                return ((), [])
            }
        case .telemetry(let said):
            let time = now()
            room.post { state in
                if let participant = state.sockets[id]?.participant {
                    state.take(said, from: participant, at: time)
                }
                return []
            }
        case .unusable(let type, let message):
            room.post {
                $0.send(ServerMessage.error(.unusableMessage(message), request: type), to: [id])
            }
        case .ignored:
            break
        }
    }
}
