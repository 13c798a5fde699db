// Strings, numbers and flags.
extension Shape {
    static let attributeKey: Shape = .string("AttributeKey", .stageName)
    static let autoParticipantRecordingStorageConfigurationARN: Shape = .string(
        "AutoParticipantRecordingStorageConfigurationArn", .arnOrEmpty("storage-configuration")
    )
    .noting("Empty: recording is off.")
    static let bitrate: Shape = .integer("Bitrate", 1...8_500_000)
    static let flag: Shape = .boolean("Boolean")
    static let channelARN: Shape = .string("ChannelArn", .arn("channel"))
    static let compositionARN: Shape = .string("CompositionArn", .arn("composition"))
    static let compositionClientToken: Shape = .string(
        "CompositionClientToken", .alphanumeric(1...64, #"[a-zA-Z0-9-_]*"#, and: "-_"))
    static let compositionRecordingTargetSegmentDurationSeconds: Shape = .integer(
        "CompositionRecordingTargetSegmentDurationSeconds", 2...10)
    static let connectionTokenID: Shape = .string(
        "ConnectionTokenId", .alphanumeric(1...64, #"[a-zA-Z0-9-_]+"#, and: "-_"))
    static let destinationConfigurationName: Shape = .string(
        "DestinationConfigurationName", .stageName)
    static let disconnectParticipantReason: Shape = .string(
        "DisconnectParticipantReason", StringConstraint(length: 0...128))
    static let encoderConfigurationARN: Shape = .string(
        "EncoderConfigurationArn", .arn("encoder-configuration"))
    static let encoderConfigurationName: Shape = .string("EncoderConfigurationName", .stageName)
    static let framerate: Shape = .number("Framerate", 1...60)
    static let gridGap: Shape = .integer("GridGap", 0...)
    static let height: Shape = .integer("Height", 2...1920)
        .noting("Even; width times height is at most 2,073,600.", ["multipleOf": 2])
    static let ingestConfigurationARN: Shape = .string(
        "IngestConfigurationArn", .arn("ingest-configuration"))
    static let ingestConfigurationName: Shape = .string("IngestConfigurationName", .stageName)
    static let ingestConfigurationStageARN: Shape = .string(
        "IngestConfigurationStageArn", .arnOrEmpty("stage"))
    static let insecureIngest: Shape = .boolean("InsecureIngest")
    static let maxCompositionResults: Shape = .integer("MaxCompositionResults", 1...100)
    static let maxEncoderConfigurationResults: Shape = .integer(
        "MaxEncoderConfigurationResults", 1...100)
    static let maxIngestConfigurationResults: Shape = .integer(
        "MaxIngestConfigurationResults", 1...100)
    static let maxParticipantEventResults: Shape = .integer("MaxParticipantEventResults", 1...100)
    static let maxParticipantReplicaResults: Shape = .integer(
        "MaxParticipantReplicaResults", 1...50)
    static let maxParticipantResults: Shape = .integer("MaxParticipantResults", 1...100)
    static let maxPublicKeyResults: Shape = .integer("MaxPublicKeyResults", 1...100)
    static let maxStageResults: Shape = .integer("MaxStageResults", 1...100)
    static let maxStageSessionResults: Shape = .integer("MaxStageSessionResults", 1...100)
    static let maxStorageConfigurationResults: Shape = .integer(
        "MaxStorageConfigurationResults", 1...100)
    static let omitStoppedVideo: Shape = .boolean("OmitStoppedVideo")
    static let paginationToken: Shape = .string("PaginationToken", .pageToken)
        .noting("What the previous page returned, unchanged.")
    static let participantClientAttribute: Shape = .string(
        "ParticipantClientAttribute",
        .alphanumeric(0...128, #"[a-zA-Z0-9-_.,:;\s]*"#, and: "-_.,:; \t\n\u{B}\u{C}\r"))
    static let participantID: Shape = .string("ParticipantId", .participantID)
    static let participantRecordingReconnectWindowSeconds: Shape = .integer(
        "ParticipantRecordingReconnectWindowSeconds", 0...300)
    static let participantRecordingS3BucketName: Shape = .string(
        "ParticipantRecordingS3BucketName", .lowercase(0...63, #"[a-z0-9-.]*"#, and: "-."))
    static let participantRecordingS3Prefix: Shape = .string(
        "ParticipantRecordingS3Prefix", .alphanumeric(0...256, #"[a-zA-Z0-9-]*"#, and: "-"))
    static let participantRecordingTargetSegmentDurationSeconds: Shape = .integer(
        "ParticipantRecordingTargetSegmentDurationSeconds", 2...10)
    static let participantTokenDurationMinutes: Shape = .integer(
        "ParticipantTokenDurationMinutes", 1...20_160)
    static let participantTokenExpirationTime: Shape = .timestamp("ParticipantTokenExpirationTime")
    static let participantTokenID: Shape = .string("ParticipantTokenId", .participantID)
    static let participantTokenString: Shape = .string(
        "ParticipantTokenString", .any, isSensitive: true)
    static let participantTokenUserID: Shape = .string(
        "ParticipantTokenUserId", StringConstraint(length: 0...128))
    static let pipHeight: Shape = .integer("PipHeight", 1...)
    static let pipOffset: Shape = .integer("PipOffset", 0...)
    static let pipWidth: Shape = .integer("PipWidth", 1...)
    static let publicKeyARN: Shape = .string("PublicKeyArn", .arn("public-key"))
    static let publicKeyFingerprint: Shape = .string("PublicKeyFingerprint", .any)
        .noting("The first 16 bytes of the SHA-256 of the key in DER.")
    static let publicKeyMaterial: Shape = .string("PublicKeyMaterial", .publicKeyMaterial)
        .noting("A P-384 public key in PEM.")
    static let publicKeyName: Shape = .string("PublicKeyName", .stageName)
    static let published: Shape = .boolean("Published")
    static let reconnectWindowSeconds: Shape = .integer("ReconnectWindowSeconds", 0...300)
    static let recordParticipantReplicas: Shape = .boolean("RecordParticipantReplicas")
    static let redundantIngest: Shape = .boolean("RedundantIngest")
    static let replica: Shape = .boolean("Replica")
    static let resourceARN: Shape = .string("ResourceArn", .resourceARN)
    static let s3BucketName: Shape = .string(
        "S3BucketName", .lowercase(3...63, #"[a-z0-9-.]+"#, and: "-."))
    static let stageARN: Shape = .string("StageArn", .arn("stage"))
    static let stageEndpoint: Shape = .string("StageEndpoint", StringConstraint(length: 0...2048))
    static let stageName: Shape = .string("StageName", .stageName)
    static let stageSessionID: Shape = .string("StageSessionId", .stageSessionID)
    static let storageConfigurationARN: Shape = .string(
        "StorageConfigurationArn", .arn("storage-configuration"))
    static let storageConfigurationName: Shape = .string("StorageConfigurationName", .stageName)
    static let streamKey: Shape = .string("StreamKey", .streamKey, isSensitive: true)
    static let text: Shape = .string("String", .any)
    static let tagKey: Shape = .string("TagKey", .tagKey)
    static let tagValue: Shape = .string("TagValue", .tagValue)
    static let thumbnailIntervalSeconds: Shape = .integer("ThumbnailIntervalSeconds", 1...86_400)
    static let time: Shape = .timestamp("Time")
    static let userID: Shape = .string("UserId", StringConstraint(length: 0...128))
    static let width: Shape = .integer("Width", 2...1920)
        .noting("Even; width times height is at most 2,073,600.", ["multipleOf": 2])
}
