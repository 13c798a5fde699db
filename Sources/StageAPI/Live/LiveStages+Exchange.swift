import ParticipantTokens
import Primitives
import Signalling
import Stages

// A connected participant gets another token.
extension LiveStages {
    /// Answers an `EXCHANGE_TOKEN` on the socket that it came from.
    func exchange(_ token: String, for id: SocketID, in room: StageRoom) async {
        let answer: String
        do throws(SignallingError) {
            let grant = try await exchanged(token, for: id, in: room)
            answer = ServerMessage.tokenExchanged(
                capabilities: grant.capabilities, userID: grant.userID,
                attributes: grant.attributes, expiresAt: grant.expiresAt.description)
        } catch {
            answer = ServerMessage.error(error, request: "EXCHANGE_TOKEN")
        }
        room.post { $0.send(answer, to: [id]) }
    }

    private func exchanged(
        _ token: String, for id: SocketID, in room: StageRoom
    ) async throws(SignallingError) -> TokenGrant {
        let time = now()
        let found = room.read { state -> (old: ParticipantClaims, admitted: Bool)? in
            guard let old = state.sockets[id]?.claims else { return nil }
            return (old, state.machine.admitsExchange(by: old.participant, at: time))
        }
        guard let found else { throw .participantDisconnected }
        guard found.admitted else { throw .tooManyRequests }
        let claims = try await verify(token)
        if let claim = found.old.fixedClaim(changedIn: claims) {
            throw .tokenNotAllowed(
                "A token is exchanged for one of the same participant, stage and endpoints; "
                    + "\(claim) differs.")
        }
        let identity = ParticipantIdentity(claims, stored: nil)
        let (isHere, failure) = await room.perform { state -> (Bool, [StageAction]) in
            let actions = state.machine.exchange(identity, at: time)
            return (actions != nil, actions ?? [])
        }
        guard isHere else { throw .participantDisconnected }
        guard failure == nil else { throw .internalFailure }
        return identity.grant
    }
}

extension ParticipantClaims {
    /// The first claim that must be as it was, and is not.
    fileprivate func fixedClaim(changedIn new: ParticipantClaims) -> String? {
        let claims = [
            ("jti", participant == new.participant), ("topic", stage == new.stage),
            ("resource", stageARN == new.stageARN), ("whip_url", whipURL == new.whipURL),
            ("events_url", eventsURL == new.eventsURL),
        ]
        return claims.first { !$0.1 }?.0
    }
}

extension ServerMessage {
    static func error(
        _ error: SignallingError, resource: ResourceID? = nil, request: String? = nil
    ) -> String {
        Self.error(
            code: error.code, name: error.name, message: error.message, resource: resource,
            request: request)
    }
}
