import Primitives
import Storage

extension StageService {
    /// The `Participant` structure. What is text and not known is empty, as IVS has it; what has a
    /// form that the empty string is not of is left out.
    func shape(of participant: ParticipantRecord) -> JSONValue {
        let client = participant.client
        let known = client.protocolName
        return members(of: participant).with([
            "attributes": JSONValue(participant.attributes),
            "ispName": "", "osName": .string(client.osName),
            "osVersion": .string(client.osVersion), "browserName": .string(client.browserName),
            "browserVersion": .string(client.browserVersion),
            "sdkVersion": .string(client.sdkVersion),
            "protocol": .string(known.isEmpty ? "UNKNOWN" : known),
            "recordingS3BucketName": "", "recordingS3Prefix": "",
        ])
    }

    /// The `ParticipantSummary` structure.
    func summary(of participant: ParticipantRecord) -> JSONValue { members(of: participant) }

    /// What both have.
    private func members(of participant: ParticipantRecord) -> JSONValue {
        let recording = participant.recordingState
        let replication = participant.replication
        return JSONValue(members: [
            "participantId": .string(participant.id.rawValue),
            "userId": .string(participant.userID),
            "state": participant.isConnected ? "CONNECTED" : "DISCONNECTED",
            "firstJoinTime": participant.firstJoinedAt.map { .string($0.description) },
            "published": .bool(participant.hasPublished),
            "recordingState": .string(recording.isEmpty ? "DISABLED" : recording),
            "replicationType": .string(replication?.role.rawValue ?? "NONE"),
            "replicationState": replication.map { $0.isActive ? "ACTIVE" : "STOPPED" },
            "sourceStageArn": replication?.sourceStage.map {
                .string(configuration.arn("stage", $0.rawValue))
            },
            "sourceSessionId": replication?.sourceSession.map { .string($0.rawValue) },
            "ingestConfigurationArn": participant.ingestConfigurationARN.map(JSONValue.string),
        ])
    }
}

extension JSONValue {
    /// The object with more members.
    fileprivate func with(_ more: [String: JSONValue]) -> JSONValue {
        guard case .object(let members) = self else { return self }
        return .object(members.merging(more) { $1 })
    }
}
