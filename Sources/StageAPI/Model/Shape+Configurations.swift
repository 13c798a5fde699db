// Encoder, storage and ingest configurations, and public keys.
extension Shape {
    static let encoderConfiguration: Shape = .structure(
        "EncoderConfiguration",
        [
            .required("arn", .encoderConfigurationARN),
            .optional("name", .encoderConfigurationName),
            .optional("video", .video),
            .optional("tags", .tags),
        ])
    static let encoderConfigurationARNList: Shape = .list(
        "EncoderConfigurationArnList", of: .encoderConfigurationARN, 1...1)
    static let encoderConfigurationSummary: Shape = .structure(
        "EncoderConfigurationSummary",
        [
            .required("arn", .encoderConfigurationARN),
            .optional("name", .encoderConfigurationName),
            .optional("tags", .tags),
        ])
    static let encoderConfigurationSummaryList: Shape = .list(
        "EncoderConfigurationSummaryList", of: .encoderConfigurationSummary)
    static let ingestConfiguration: Shape = .structure(
        "IngestConfiguration",
        [
            .optional("name", .ingestConfigurationName),
            .required("arn", .ingestConfigurationARN),
            .required("ingestProtocol", .ingestProtocol),
            .required("streamKey", .streamKey),
            .required("stageArn", .ingestConfigurationStageARN),
            .required("participantId", .participantID),
            .required("state", .ingestConfigurationState),
            .optional("userId", .userID),
            .optional("redundantIngest", .redundantIngest),
            .optional("redundantIngestCredentials", .redundantIngestCredentials),
            .optional("attributes", .participantAttributes),
            .optional("tags", .tags),
        ])
    static let ingestConfigurationList: Shape = .list(
        "IngestConfigurationList", of: .ingestConfigurationSummary)
    static let ingestConfigurationSummary: Shape = .structure(
        "IngestConfigurationSummary",
        [
            .optional("name", .ingestConfigurationName),
            .required("arn", .ingestConfigurationARN),
            .required("ingestProtocol", .ingestProtocol),
            .required("stageArn", .ingestConfigurationStageARN),
            .required("participantId", .participantID),
            .required("state", .ingestConfigurationState),
            .optional("userId", .userID),
            .optional("redundantIngest", .redundantIngest),
        ])
    static let publicKey: Shape = .structure(
        "PublicKey",
        [
            .optional("arn", .publicKeyARN),
            .optional("name", .publicKeyName),
            .optional("publicKeyMaterial", .publicKeyMaterial),
            .optional("fingerprint", .publicKeyFingerprint),
            .optional("tags", .tags),
        ])
    static let publicKeyList: Shape = .list("PublicKeyList", of: .publicKeySummary)
    static let publicKeySummary: Shape = .structure(
        "PublicKeySummary",
        [
            .optional("arn", .publicKeyARN),
            .optional("name", .publicKeyName),
            .optional("tags", .tags),
        ])
    static let redundantIngestCredential: Shape = .structure(
        "RedundantIngestCredential",
        [
            .optional("participantId", .participantID),
            .optional("streamKey", .streamKey),
        ])
    static let redundantIngestCredentials: Shape = .list(
        "RedundantIngestCredentials", of: .redundantIngestCredential)
    static let s3StorageConfiguration: Shape = .structure(
        "S3StorageConfiguration",
        [
            .required("bucketName", .s3BucketName)
        ])
    static let storageConfiguration: Shape = .structure(
        "StorageConfiguration",
        [
            .required("arn", .storageConfigurationARN),
            .optional("name", .storageConfigurationName),
            .optional("s3", .s3StorageConfiguration),
            .optional("tags", .tags),
        ])
    static let storageConfigurationSummary: Shape = .structure(
        "StorageConfigurationSummary",
        [
            .required("arn", .storageConfigurationARN),
            .optional("name", .storageConfigurationName),
            .optional("s3", .s3StorageConfiguration),
            .optional("tags", .tags),
        ])
    static let storageConfigurationSummaryList: Shape = .list(
        "StorageConfigurationSummaryList", of: .storageConfigurationSummary)
    static let video: Shape = .structure(
        "Video",
        [
            .optional("width", .width),
            .optional("height", .height),
            .optional("framerate", .framerate),
            .optional("bitrate", .bitrate),
        ])
}
