import Logging
import ParticipantTokens
import Primitives
import Signalling
import Stages
import Storage

// From a bearer token to somebody who stands in a room.
extension LiveStages {
    /// Somebody with a valid token for a stage that exists, and nothing decided yet.
    struct Visit {
        let room: StageRoom
        let identity: ParticipantIdentity
        let claims: ParticipantClaims
        let token: String
    }

    func verify(_ token: String?) async throws(SignallingError) -> ParticipantClaims {
        guard let token, !token.isEmpty else { throw .missingToken }
        do throws(TokenViolation) {
            return try await tokens.verify(token, at: now())
        } catch {
            switch error {
            case .malformed(let detail): throw .tokenMalformed(detail)
            case .expired(let time): throw .tokenExpired(at: time)
            }
        }
    }

    /// Lets somebody into the room for the length of one request. ``leave(_:)`` must follow.
    func enter(
        _ claims: ParticipantClaims, token: String, client: ClientFacts
    ) async throws(SignallingError) -> Visit {
        let room = try visit(claims.stage)
        await room.recovery.value
        do throws(SignallingError) {
            let (identity, stored) = try await identify(claims)
            var client = client
            // It came back without saying how it had published.
            if client.protocolName.isEmpty { client.protocolName = stored?.protocolName ?? "" }
            room.read { [client] state in
                if state.clients[claims.participant] == nil, state.clients.count < clientLimit {
                    state.clients[claims.participant] = client
                    state.users[claims.participant] = identity.userID
                }
            }
            return Visit(room: room, identity: identity, claims: claims, token: token)
        } catch {
            leave(room)
            throw error
        }
    }

    /// Twice those who can be there: some are still at the door.
    private var clientLimit: Int { 2 * limits.stage.participants }

    /// The participant is read each time: its token may have been made useless. Of the stage only
    /// is asked that it is there, and what never changes.
    private func identify(
        _ claims: ParticipantClaims
    ) async throws(SignallingError) -> (ParticipantIdentity, ClientFacts?) {
        let stage: StageRecord?
        let participant: ParticipantRecord?
        do throws(StorageError) {
            stage = try await stages.stage(claims.stage, at: now()) {
                () throws(StorageError) in try await storage.stage(claims.stage)
            }
            participant = try await storage.participant(claims.participant, of: claims.stage)
        } catch {
            logger.error("A read failed", metadata: ["error": "\(error)"])
            throw .internalFailure
        }
        guard let stage else { throw .stageDeleted }
        guard stage.arn == claims.stageARN else {
            throw .tokenNotAllowed("The token is for another stage: its resource and topic differ.")
        }
        guard participant?.isRevoked != true else { throw .participantDisconnected }
        return (ParticipantIdentity(claims, stored: participant), participant?.client)
    }
}
