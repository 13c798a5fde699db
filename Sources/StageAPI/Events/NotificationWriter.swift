package import Primitives
package import Storage

/// Puts what happens on stages into messages for backends: JSON as Amazon EventBridge delivers it.
///
/// Messages are written in the transaction of the change that they tell of, so that there is never
/// one without the other.
package struct NotificationWriter: Sendable {
    let region: String
    let account: String
    /// Whether each beginning and end of a subscription is told.
    let includesSubscriptions: Bool
    private let random: RandomSource

    package init(
        region: String, account: String, includesSubscriptions: Bool = false,
        random: RandomSource = .system
    ) {
        self.region = region
        self.account = account
        self.includesSubscriptions = includesSubscriptions
        self.random = random
    }

    /// The changes, each followed by the message about it, where there is one: sessions and
    /// participant events have them.
    /// - Parameter users: the user ids of participants, where the changes themselves do not have
    ///   them.
    package func completing(
        _ changes: [StorageChange], users: [ParticipantID: String] = [:]
    ) -> [StorageChange] {
        var users = users
        for case .putParticipant(let record) in changes { users[record.id] = record.userID }
        return changes.flatMap { change in
            [change] + (message(about: change, users).map { [.appendNotification($0)] } ?? [])
        }
    }

    private func message(
        about change: StorageChange, _ users: [ParticipantID: String]
    ) -> NotificationRecord? {
        switch change {
        case .putSession(let session): message(about: session)
        case .appendEvent(let event): message(about: event, user: users[event.participant] ?? "")
        default: nil
        }
    }

    private func message(about session: SessionRecord) -> NotificationRecord {
        let time = session.endedAt ?? session.startedAt
        let name = session.endedAt == nil ? "Session Started" : "Session Ended"
        return stageMessage(
            .session, about: session.stage, at: time,
            [
                "session_id": .string(session.id.rawValue), "event_name": .string(name),
                "event_time": .string(time.description),
            ])
    }

    private func message(
        about event: ParticipantEventRecord, user: String
    ) -> NotificationRecord? {
        let wording = NotificationWording(event: event.name)
        guard includesSubscriptions || wording.kind != .subscription else { return nil }
        let details = event.details
        return stageMessage(
            wording.kind, about: event.stage, at: event.time,
            [
                "session_id": .string(event.session.rawValue),
                "event_name": .string(wording.name),
                "event_time": .string(event.time.description), "user_id": .string(user),
                "participant_id": .string(event.participant.rawValue),
                "error_code": event.errorCode.map(JSONValue.string),
                "remote_participant_id": event.remoteParticipant.map { .string($0.rawValue) },
                "destination_stage_arn": details?.destinationStage.map { .string(arn(of: $0)) },
                "destination_session_id": details?.destinationSession.map { .string($0.rawValue) },
                "replica": details?.isReplica.map(JSONValue.bool),
                "previous_token": details?.previousToken.map(Self.json),
                "new_token": details?.newToken.map(Self.json),
            ])
    }

    private static func json(_ token: TokenFacts) -> JSONValue {
        [
            "capabilities": .array(token.capabilities.map(JSONValue.string)),
            "attributes": JSONValue(token.attributes), "user_id": .string(token.userID),
            "expiration_time": .string(token.expiresAt.description),
        ]
    }

    private func stageMessage(
        _ kind: NotificationKind, about stage: StageID, at time: WallTime,
        _ detail: [String: JSONValue?]
    ) -> NotificationRecord {
        message(kind, of: stage, about: arn(of: stage), at: time, detail)
    }

    /// - Parameters:
    ///   - stage: what the message keeps its order with.
    ///   - resource: the ARN that the message is about.
    func message(
        _ kind: NotificationKind, of stage: StageID?, about resource: String, at time: WallTime,
        _ detail: [String: JSONValue?]
    ) -> NotificationRecord {
        let id = random.uuid()
        let body: JSONValue = [
            "version": "0", "id": .string(id), "detail-type": .string(kind.rawValue),
            "source": "aws.ivs", "account": .string(account), "time": .string(time.description),
            "region": .string(region), "resources": [.string(resource)],
            "detail": JSONValue(members: detail),
        ]
        return NotificationRecord(
            id: id, stage: stage, kind: kind.rawValue, time: time, body: body.text)
    }

    private func arn(of stage: StageID) -> String {
        "arn:aws:ivs:\(region):\(account):stage/\(stage)"
    }
}

// Compositions.
extension NotificationWriter {
    /// What a composition can be told to have done, in EventBridge's words.
    package enum CompositionEvent: String, Hashable, Sendable, CaseIterable {
        case sessionStart = "Session Start"
        case sessionEnd = "Session End"
        case sessionFailure = "Session Failure"
        case destinationStart = "Destination Start"
        case destinationEnd = "Destination End"
        case destinationFailure = "Destination Failure"
        case destinationReconnecting = "Destination Reconnecting"
    }

    /// The change that tells what became of a composition: for the transaction that stores it.
    /// - Parameters:
    ///   - destination: the id of the destination that the event is about.
    ///   - reason: why it failed.
    package func composition(
        _ event: CompositionEvent, of composition: String, stage: StageID,
        destination: String? = nil, reason: String? = nil, at time: WallTime
    ) -> StorageChange {
        .appendNotification(
            message(
                .composition, of: stage, about: composition, at: time,
                [
                    "event_name": .string(event.rawValue), "stage_arn": .string(arn(of: stage)),
                    "id": destination.map(JSONValue.string),
                    "reason": reason.map(JSONValue.string),
                ]))
    }
}
