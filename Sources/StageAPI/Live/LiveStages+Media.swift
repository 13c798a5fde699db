import ParticipantTokens
package import Primitives
import Signalling
import Stages
import Storage
import Synchronization

// WHIP and WHEP.
extension LiveStages {
    package func publish(_ request: MediaRequest) async throws(SignallingError) -> MediaCreated {
        let claims = try await verify(request.bearer)
        if let path = request.pathParticipant, path != claims.participant {
            throw .tokenNotAllowed(
                "The token is of participant \(claims.participant), and the path of \(path).")
        }
        return try await open(.publication, claims, request)
    }

    package func subscribe(_ request: MediaRequest) async throws(SignallingError) -> MediaCreated {
        let claims = try await verify(request.bearer)
        let kind = request.pathParticipant.map { ResourceKind.subscription(to: $0) }
        return try await open(kind ?? .stageSubscription, claims, request)
    }

    private func open(
        _ kind: ResourceKind, _ claims: ParticipantClaims, _ request: MediaRequest
    ) async throws(SignallingError) -> MediaCreated {
        let visit = try await enter(
            claims, token: request.bearer ?? "", client: request.client)
        defer { leave(visit) }
        var generator = DrawnNumbers(draw: random)
        let resource = ResourceID.random(using: &generator)
        let quota = hold(resource, kind, visit)
        do throws(SignallingError) {
            try await reserve(resource, kind, visit, quota: quota)
        } catch {
            index.withLock { $0.release(resource) }
            throw error
        }
        let session = MediaSession(
            resource: resource, stage: visit.room.stage, participant: visit.identity.id,
            direction: kind.direction)
        let answer: MediaAnswer
        do throws(MediaRejection) {
            answer = try await media.open(session, offer: request.offer)
        } catch {
            await abandon(resource, in: visit.room, error: error.errorCode)
            throw SignallingError(error, of: resource)
        }
        try await confirm(resource, answer, visit)
        return MediaCreated(resource: resource, sdp: answer.sdp, entityTag: answer.entityTag)
    }

    private func reserve(
        _ resource: ResourceID, _ kind: ResourceKind, _ visit: Visit, quota: StageRefusal?
    ) async throws(SignallingError) {
        let (time, random) = (now(), random)
        let (refusal, _) = await visit.room.perform { state in
            var generator = DrawnNumbers(draw: random)
            let admission = state.machine.reserve(
                resource, for: kind, by: visit.identity, quota: quota, at: time,
                using: &generator)
            if admission.refusal == nil {
                if kind.isPublication {
                    state.clients[visit.identity.id]?.protocolName = "WHIP"
                }
                state.attachments[resource] = RoomState.Attachment(token: Redacted(visit.token))
            }
            return (admission.refusal, admission.actions)
        }
        if let refusal {
            throw SignallingError(refusal, wanted: kind.isPublication ? "PUBLISH" : "SUBSCRIBE")
        }
    }

    private func abandon(
        _ resource: ResourceID, in room: StageRoom, error: StageEvent.ErrorCode?
    ) async {
        let (time, random) = (now(), random)
        _ = await room.perform { state in
            var generator = DrawnNumbers(draw: random)
            state.attachments[resource] = nil
            return (
                (), state.machine.abandon(resource, error: error, at: time, using: &generator)
            )
        }
        index.withLock { $0.release(resource) }
    }

    /// Makes the answered session part of the stage, and durable.
    private func confirm(
        _ resource: ResourceID, _ answer: MediaAnswer, _ visit: Visit
    ) async throws(SignallingError) {
        let (time, random) = (now(), random)
        let (refusal, failure) = await visit.room.perform {
            state -> (StageRefusal?, [StageAction]) in
            var generator = DrawnNumbers(draw: random)
            guard
                let actions = state.machine.opened(resource, at: time, using: &generator)
            else { return (state.reasonOfLoss(of: visit.identity.id), []) }
            state.attachments[resource]?.entityTag = answer.entityTag
            state.passWishes(of: visit.identity.id, to: resource)
            state.noteReach(of: visit.identity.id)
            return (nil, actions)
        }
        if let refusal {
            await abandon(resource, in: visit.room, error: nil)
            await media.close(resource)
            throw SignallingError(refusal, wanted: "")
        }
        if failure != nil {
            await end(resource, in: visit.room)
            throw .internalFailure
        }
    }

    private func end(_ resource: ResourceID, in room: StageRoom) async {
        let time = now()
        _ = await room.perform { ((), $0.machine.end(resource, at: time)) }
    }
}

// What exists already: PATCH and DELETE.
extension LiveStages {
    package func patch(
        _ resource: ResourceID, bearer: String?, fragment: String, ifMatch: String?
    ) async throws(SignallingError) -> PatchResult {
        let (room, entityTag) = try await authorise(resource, bearer)
        guard let ifMatch else { throw .preconditionRequired }
        guard matches(ifMatch, entityTag) else { throw .preconditionFailed }
        do throws(MediaRejection) {
            switch try await media.patch(resource, fragment: fragment) {
            case .accepted:
                return .accepted
            case .restarted(let fragment, let entityTag):
                room.read { $0.attachments[resource]?.entityTag = entityTag }
                return .restarted(fragment: fragment, entityTag: entityTag)
            }
        } catch {
            if case .malformedOffer(let detail) = error { throw .unusableFragment(detail) }
            throw SignallingError(error, of: resource)
        }
    }

    package func end(_ resource: ResourceID, bearer: String?) async throws(SignallingError) {
        let (room, _) = try await authorise(resource, bearer)
        await end(resource, in: room)
        settle(room)
    }

    /// RFC 9110 §13.1.1: any of the listed tags, compared strongly. RFC 9725 §4.3.3 writes the
    /// wildcard of a restart with quotes; both ways are taken.
    private func matches(_ ifMatch: String, _ entityTag: String) -> Bool {
        ifMatch.split(separator: ",").contains { part in
            let tag = part.drop { $0 == " " || $0 == "\t" }
            let trimmed = String(tag.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
            return trimmed == entityTag || trimmed == "*" || trimmed == "\"*\""
        }
    }

    /// The bearer is the participant whose session it is. The very token that opened it is good for
    /// as long as the session lasts; another one is verified.
    private func authorise(
        _ resource: ResourceID, _ bearer: String?
    ) async throws(SignallingError) -> (room: StageRoom, entityTag: String) {
        guard let bearer, !bearer.isEmpty else { throw .missingToken }
        let room = room(of: resource)
        let found = room?.read { state -> Found? in
            guard let attachment = state.attachments[resource],
                let owner = state.machine.owner(of: resource),
                let entityTag = attachment.entityTag
            else { return nil }
            return Found(
                owner: owner, entityTag: entityTag, opened: attachment.token.value == bearer)
        }
        if let room, let found = found ?? nil, found.opened { return (room, found.entityTag) }
        let claims = try await verify(bearer)
        guard let room, let found = found ?? nil else { throw .resourceNotFound(resource) }
        guard claims.participant == found.owner, claims.stage == room.stage else {
            throw .tokenNotAllowed("The session is of another participant than the token.")
        }
        return (room, found.entityTag)
    }

    private struct Found: Sendable {
        let owner: ParticipantID
        let entityTag: String
        /// The bearer is the token that opened the session.
        let opened: Bool
    }
}

extension RoomState {
    /// Why a session that was being opened is gone.
    func reasonOfLoss(of participant: ParticipantID) -> StageRefusal {
        if machine.isDeleted { return .stageDeleted }
        return machine.isRevoked(participant) ? .participantDisconnected : .resourceGone
    }
}

extension ResourceKind {
    var direction: MediaSession.Direction {
        switch self {
        case .publication: .publish
        case .subscription(let publisher): .subscribe(to: publisher)
        case .stageSubscription: .subscribeToStage
        }
    }
}
