import Primitives
import Storage

extension StageService {
    /// The `Event` structure, of the members that apply.
    func shape(of event: ParticipantEventRecord) -> JSONValue {
        let details = event.details
        return JSONValue(members: [
            "name": .string(event.name), "participantId": .string(event.participant.rawValue),
            "eventTime": .string(event.time.description),
            "remoteParticipantId": event.remoteParticipant.map { .string($0.rawValue) },
            "errorCode": event.errorCode.map(JSONValue.string),
            "destinationStageArn": details?.destinationStage.map {
                .string(configuration.arn("stage", $0.rawValue))
            },
            "destinationSessionId": details?.destinationSession.map { .string($0.rawValue) },
            "replica": details?.isReplica.map(JSONValue.bool),
            "previousToken": details?.previousToken?.shape, "newToken": details?.newToken?.shape,
        ])
    }
}

extension TokenFacts {
    /// The `ExchangedParticipantToken` structure.
    fileprivate var shape: JSONValue {
        [
            "capabilities": .array(capabilities.map(JSONValue.string)),
            "attributes": JSONValue(attributes), "userId": .string(userID),
            "expirationTime": .string(expiresAt.description),
        ]
    }
}
