package import Primitives
package import Storage

/// A WHIP or WHEP request as the service sees it: no HTTP in sight.
package struct MediaRequest: Sendable {
    /// The bearer token; `nil` when the request had none.
    package var bearer: String?
    /// The participant id in the path, where there is one: the publisher's own id when publishing,
    /// the wanted publisher's when subscribing.
    package var pathParticipant: ParticipantID?
    package var offer: String
    package var client: ClientFacts

    package init(
        bearer: String?, pathParticipant: ParticipantID?, offer: String,
        client: ClientFacts = ClientFacts()
    ) {
        self.bearer = bearer
        self.pathParticipant = pathParticipant
        self.offer = offer
        self.client = client
    }
}

/// A created WHIP or WHEP session.
package struct MediaCreated: Hashable, Sendable {
    package var resource: ResourceID
    package var sdp: String
    package var entityTag: String

    package init(resource: ResourceID, sdp: String, entityTag: String) {
        self.resource = resource
        self.sdp = sdp
        self.entityTag = entityTag
    }
}

/// A refusal on the media endpoints and the events socket: the HTTP status and the JSON body
/// `{"code": …, "name": …, "message": …}`.
package struct SignallingError: Error, Hashable, Sendable {
    package var status: Int
    package var code: Int
    package var name: String
    package var message: String

    package init(status: Int, code: Int, name: String, message: String) {
        self.status = status
        self.code = code
        self.name = name
        self.message = message
    }
}

/// What the API's operations need from the live side of a stage.
package protocol StageOccupancy: Sendable {
    /// The session that goes on now; `nil` when nobody is there.
    func activeSession(of stage: StageID) async -> StageSessionID?
    /// Ends the participant's sessions and sockets, and makes its token useless from now on,
    /// durably, also when it never joined.
    func disconnect(_ participant: ParticipantID, of stage: StageID, reason: String) async throws
    /// Stops or resumes the passing on of what a participant sends, for the rest of the session;
    /// `nil` leaves a kind as it is.
    func mute(
        _ participant: ParticipantID, of stage: StageID, audio: Bool?, video: Bool?
    ) async throws -> ModerationOutcome
    /// Ends what the participant publishes; its token stays good.
    /// - Parameter reason: what its sockets are told; may be empty.
    func unpublish(_ participant: ParticipantID, of stage: StageID, reason: String) async throws
        -> ModerationOutcome
    /// Shows a publisher of one stage on another one too.
    func startReplication(_ request: ReplicationRequest) async throws -> ReplicationOutcome
    /// - Returns: `false` when there was none.
    func stopReplication(
        of participant: ParticipantID, from source: StageID, to destination: StageID
    ) async throws -> Bool
    /// Everybody is sent away: the stage is being deleted.
    func stageDeleted(_ stage: StageID) async
}

/// What is to be seen where.
package struct ReplicationRequest: Hashable, Sendable {
    package var participant: ParticipantID
    package var source: StageID
    package var destination: StageID
    /// Laid over the publisher's own.
    package var attributes: [String: String]
    /// How long it is waited for when it stops publishing, in seconds.
    package var reconnectWindowSeconds: Int

    package init(
        participant: ParticipantID, source: StageID, destination: StageID,
        attributes: [String: String] = [:], reconnectWindowSeconds: Int = 0
    ) {
        self.participant = participant
        self.source = source
        self.destination = destination
        self.attributes = attributes
        self.reconnectWindowSeconds = reconnectWindowSeconds
    }
}

package enum ReplicationOutcome: Hashable, Sendable {
    case started
    /// The participant is not on the source stage.
    case absent
    /// It is there and does not publish.
    case notPublishing
    case alreadyReplicated
    /// It is seen on so many other stages already.
    case tooMany(limit: Int)
    /// Its attributes and those of the request take so many bytes together.
    case attributesTooLarge(Int)
    /// Why the destination does not take it, for a person.
    case refused(Refusal, message: String)

    package enum Refusal: Hashable, Sendable {
        /// There are as many publishers, or participants, as may be.
        case quota
        case conflict
    }
}

/// What came of muting or unpublishing somebody.
package enum ModerationOutcome: Hashable, Sendable {
    case done
    /// The participant is not on the stage.
    case absent
    /// So many participants of the stage are muted as can be.
    case full(limit: Int)
}

/// One open events socket. The gateway writes every frame of ``frames`` to the socket, in order, and
/// hands what arrives to ``receive(_:)``.
package struct EventsConnection: Sendable {
    package enum Frame: Hashable, Sendable {
        case text(String)
        /// The last frame: close the socket with this WebSocket status code.
        case close(code: UInt16, reason: String)
    }

    package var frames: AsyncStream<Frame>
    /// A text message from the client, at most 16 KiB.
    package var receive: @Sendable (String) async -> Void
    /// The socket is gone.
    package var closed: @Sendable () async -> Void

    package init(
        frames: AsyncStream<Frame>, receive: @escaping @Sendable (String) async -> Void,
        closed: @escaping @Sendable () async -> Void
    ) {
        self.frames = frames
        self.receive = receive
        self.closed = closed
    }
}

/// What the gateway asks of the live stages.
package protocol LiveService: StageOccupancy {
    func publish(_ request: MediaRequest) async throws(SignallingError) -> MediaCreated
    /// Subscribes to `request.pathParticipant`, or to the whole stage when it is `nil`.
    func subscribe(_ request: MediaRequest) async throws(SignallingError) -> MediaCreated
    /// - Parameter ifMatch: the `If-Match` header. RFC 9725 §4.3: 428 without it on a session with
    ///   an entity tag, 412 when it is stale; a restart may use `"*"`.
    func patch(
        _ resource: ResourceID, bearer: String?, fragment: String, ifMatch: String?
    ) async throws(SignallingError) -> PatchResult
    func end(_ resource: ResourceID, bearer: String?) async throws(SignallingError)
    func connectEvents(
        topic: StageID, token: String?, client: ClientFacts
    ) async throws(SignallingError) -> EventsConnection
}

package enum PatchResult: Hashable, Sendable {
    /// 204.
    case accepted
    /// 200 with an `application/trickle-ice-sdpfrag` body and the new entity tag.
    case restarted(fragment: String, entityTag: String)
}
