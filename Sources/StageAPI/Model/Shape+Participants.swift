// Participants, what happened to them, and their replicas.
extension Shape {
    static let event: Shape = .structure(
        "Event",
        [
            .optional("name", .eventName),
            .optional("participantId", .participantID),
            .optional("eventTime", .time),
            .optional("remoteParticipantId", .participantID),
            .optional("errorCode", .eventErrorCode),
            .optional("destinationStageArn", .stageARN),
            .optional("destinationSessionId", .stageSessionID),
            .optional("replica", .replica),
            .optional("previousToken", .exchangedParticipantToken),
            .optional("newToken", .exchangedParticipantToken),
        ])
    static let eventList: Shape = .list("EventList", of: .event)
    static let exchangedParticipantToken: Shape = .structure(
        "ExchangedParticipantToken",
        [
            .optional("capabilities", .participantTokenCapabilities),
            .optional("attributes", .participantTokenAttributes),
            .optional("userId", .participantTokenUserID),
            .optional("expirationTime", .participantTokenExpirationTime),
        ])
    static let participant: Shape = .structure(
        "Participant",
        [
            .optional("participantId", .participantID),
            .optional("userId", .userID),
            .optional("state", .participantState),
            .optional("firstJoinTime", .time),
            .optional("attributes", .participantAttributes),
            .optional("published", .published),
            .optional("ispName", .participantClientAttribute),
            .optional("osName", .participantClientAttribute),
            .optional("osVersion", .participantClientAttribute),
            .optional("browserName", .participantClientAttribute),
            .optional("browserVersion", .participantClientAttribute),
            .optional("sdkVersion", .participantClientAttribute),
            .optional("recordingS3BucketName", .participantRecordingS3BucketName),
            .optional("recordingS3Prefix", .participantRecordingS3Prefix),
            .optional("recordingState", .participantRecordingState),
            .optional("protocol", .participantProtocol),
            .optional("replicationType", .replicationType),
            .optional("replicationState", .replicationState),
            .optional("sourceStageArn", .stageARN),
            .optional("sourceSessionId", .stageSessionID),
            .optional("redundantIngest", .redundantIngest),
            .optional("ingestConfigurationArn", .ingestConfigurationARN),
        ])
    static let participantAttributes: Shape = .map(
        "ParticipantAttributes", .text, .text, totalBytes: APILimits.attributeBytes
    )
    .noting("Keys and values take at most 1,024 bytes together.")
    static let participantList: Shape = .list("ParticipantList", of: .participantSummary)
    static let participantReplica: Shape = .structure(
        "ParticipantReplica",
        [
            .required("sourceStageArn", .stageARN),
            .required("participantId", .participantID),
            .required("sourceSessionId", .stageSessionID),
            .required("destinationStageArn", .stageARN),
            .required("destinationSessionId", .stageSessionID),
            .required("replicationState", .replicationState),
        ])
    static let participantReplicaList: Shape = .list(
        "ParticipantReplicaList", of: .participantReplica)
    static let participantSummary: Shape = .structure(
        "ParticipantSummary",
        [
            .optional("participantId", .participantID),
            .optional("userId", .userID),
            .optional("state", .participantState),
            .optional("firstJoinTime", .time),
            .optional("published", .published),
            .optional("recordingState", .participantRecordingState),
            .optional("replicationType", .replicationType),
            .optional("replicationState", .replicationState),
            .optional("sourceStageArn", .stageARN),
            .optional("sourceSessionId", .stageSessionID),
            .optional("redundantIngest", .redundantIngest),
            .optional("ingestConfigurationArn", .ingestConfigurationARN),
        ])
    static let stageSession: Shape = .structure(
        "StageSession",
        [
            .optional("sessionId", .stageSessionID),
            .optional("startTime", .time),
            .optional("endTime", .time),
        ])
    static let stageSessionList: Shape = .list("StageSessionList", of: .stageSessionSummary)
    static let stageSessionSummary: Shape = .structure(
        "StageSessionSummary",
        [
            .optional("sessionId", .stageSessionID),
            .optional("startTime", .time),
            .optional("endTime", .time),
        ])
}
