// Stages, their sessions, tokens and recording.
extension Shape {
    static let autoParticipantRecordingConfiguration: Shape = .structure(
        "AutoParticipantRecordingConfiguration",
        [
            .required("storageConfigurationArn", .autoParticipantRecordingStorageConfigurationARN),
            .optional("mediaTypes", .participantRecordingMediaTypeList),
            .optional("thumbnailConfiguration", .participantThumbnailConfiguration),
            .optional(
                "recordingReconnectWindowSeconds", .participantRecordingReconnectWindowSeconds),
            .optional("hlsConfiguration", .participantRecordingHlsConfiguration),
            .optional("recordParticipantReplicas", .recordParticipantReplicas),
        ])
    static let participantRecordingHlsConfiguration: Shape = .structure(
        "ParticipantRecordingHlsConfiguration",
        [
            .optional(
                "targetSegmentDurationSeconds", .participantRecordingTargetSegmentDurationSeconds)
        ])
    static let participantRecordingMediaTypeList: Shape = .list(
        "ParticipantRecordingMediaTypeList", of: .participantRecordingMediaType, 0...1)
    static let participantThumbnailConfiguration: Shape = .structure(
        "ParticipantThumbnailConfiguration",
        [
            .optional("targetIntervalSeconds", .thumbnailIntervalSeconds),
            .optional("storage", .thumbnailStorageTypeList),
            .optional("recordingMode", .thumbnailRecordingMode),
        ])
    static let participantToken: Shape = .structure(
        "ParticipantToken",
        [
            .optional("participantId", .participantTokenID),
            .optional("token", .participantTokenString),
            .optional("userId", .participantTokenUserID),
            .optional("attributes", .participantTokenAttributes),
            .optional("duration", .participantTokenDurationMinutes),
            .optional("capabilities", .participantTokenCapabilities),
            .optional("expirationTime", .participantTokenExpirationTime),
        ])
    static let participantTokenAttributes: Shape = .map(
        "ParticipantTokenAttributes", .text, .text, totalBytes: APILimits.attributeBytes
    )
    .noting("Keys and values take at most 1,024 bytes together.")
    static let participantTokenCapabilities: Shape = .list(
        "ParticipantTokenCapabilities", of: .participantTokenCapability, 0...2)
    static let participantTokenConfiguration: Shape = .structure(
        "ParticipantTokenConfiguration",
        [
            .optional("duration", .participantTokenDurationMinutes),
            .optional("userId", .participantTokenUserID),
            .optional("attributes", .participantTokenAttributes),
            .optional("capabilities", .participantTokenCapabilities),
        ])
    static let participantTokenConfigurations: Shape = .list(
        "ParticipantTokenConfigurations", of: .participantTokenConfiguration, 0...12)
    static let participantTokenList: Shape = .list("ParticipantTokenList", of: .participantToken)
    static let stage: Shape = .structure(
        "Stage",
        [
            .required("arn", .stageARN),
            .optional("name", .stageName),
            .optional("activeSessionId", .stageSessionID),
            .optional("tags", .tags),
            .optional(
                "autoParticipantRecordingConfiguration", .autoParticipantRecordingConfiguration),
            .optional("endpoints", .stageEndpoints),
        ])
    static let stageEndpoints: Shape = .structure(
        "StageEndpoints",
        [
            .optional("events", .stageEndpoint),
            .optional("whip", .stageEndpoint),
            .optional("rtmp", .stageEndpoint),
            .optional("rtmps", .stageEndpoint),
        ])
    static let stageSummary: Shape = .structure(
        "StageSummary",
        [
            .required("arn", .stageARN),
            .optional("name", .stageName),
            .optional("activeSessionId", .stageSessionID),
            .optional("tags", .tags),
        ])
    static let stageSummaryList: Shape = .list("StageSummaryList", of: .stageSummary)
    static let tagKeyList: Shape = .list("TagKeyList", of: .tagKey, 0...50)
    static let tags: Shape = .map("Tags", .tagKey, .tagValue, 0...50)
}
