// Compositions, their layouts and destinations.
extension Shape {
    static let channelDestinationConfiguration: Shape = .structure(
        "ChannelDestinationConfiguration",
        [
            .required("channelArn", .channelARN),
            .optional("encoderConfigurationArn", .encoderConfigurationARN),
        ])
    static let composition: Shape = .structure(
        "Composition",
        [
            .required("arn", .compositionARN),
            .required("stageArn", .stageARN),
            .required("state", .compositionState),
            .required("layout", .layoutConfiguration),
            .required("destinations", .destinationList),
            .optional("tags", .tags),
            .optional("startTime", .time),
            .optional("endTime", .time),
        ])
    static let compositionRecordingHlsConfiguration: Shape = .structure(
        "CompositionRecordingHlsConfiguration",
        [
            .optional(
                "targetSegmentDurationSeconds", .compositionRecordingTargetSegmentDurationSeconds)
        ])
    static let compositionSummary: Shape = .structure(
        "CompositionSummary",
        [
            .required("arn", .compositionARN),
            .required("stageArn", .stageARN),
            .required("destinations", .destinationSummaryList),
            .required("state", .compositionState),
            .optional("tags", .tags),
            .optional("startTime", .time),
            .optional("endTime", .time),
        ])
    static let compositionSummaryList: Shape = .list(
        "CompositionSummaryList", of: .compositionSummary)
    static let compositionThumbnailConfiguration: Shape = .structure(
        "CompositionThumbnailConfiguration",
        [
            .optional("targetIntervalSeconds", .thumbnailIntervalSeconds),
            .optional("storage", .thumbnailStorageTypeList),
        ])
    static let compositionThumbnailConfigurationList: Shape = .list(
        "CompositionThumbnailConfigurationList", of: .compositionThumbnailConfiguration, 0...1)
    static let destination: Shape = .structure(
        "Destination",
        [
            .required("id", .text),
            .required("state", .destinationState),
            .optional("startTime", .time),
            .optional("endTime", .time),
            .required("configuration", .destinationConfiguration),
            .optional("detail", .destinationDetail),
        ])
    static let destinationConfiguration: Shape = .structure(
        "DestinationConfiguration",
        [
            .optional("name", .destinationConfigurationName),
            .optional("channel", .channelDestinationConfiguration),
            .optional("s3", .s3DestinationConfiguration),
        ]
    )
    .noting(
        "Exactly one of channel and s3.",
        ["oneOf": [["required": ["channel"]], ["required": ["s3"]]]])
    static let destinationConfigurationList: Shape = .list(
        "DestinationConfigurationList", of: .destinationConfiguration, 1...2
    )
    .noting("Two are one channel and one s3.")
    static let destinationDetail: Shape = .structure(
        "DestinationDetail",
        [
            .optional("s3", .s3Detail)
        ])
    static let destinationList: Shape = .list("DestinationList", of: .destination, 1...2)
    static let destinationSummary: Shape = .structure(
        "DestinationSummary",
        [
            .required("id", .text),
            .required("state", .destinationState),
            .optional("startTime", .time),
            .optional("endTime", .time),
        ])
    static let destinationSummaryList: Shape = .list(
        "DestinationSummaryList", of: .destinationSummary, 1...2)
    static let gridConfiguration: Shape = .structure(
        "GridConfiguration",
        [
            .optional("featuredParticipantAttribute", .attributeKey),
            .optional("omitStoppedVideo", .omitStoppedVideo),
            .optional("videoAspectRatio", .videoAspectRatio),
            .optional("videoFillMode", .videoFillMode),
            .optional("gridGap", .gridGap),
            .optional("participantOrderAttribute", .attributeKey),
        ])
    static let layoutConfiguration: Shape = .structure(
        "LayoutConfiguration",
        [
            .optional("grid", .gridConfiguration),
            .optional("pip", .pipConfiguration),
        ]
    )
    .noting("Either grid or pip.", ["not": ["required": ["grid", "pip"]]])
    static let pipConfiguration: Shape = .structure(
        "PipConfiguration",
        [
            .optional("featuredParticipantAttribute", .attributeKey),
            .optional("omitStoppedVideo", .omitStoppedVideo),
            .optional("videoFillMode", .videoFillMode),
            .optional("gridGap", .gridGap),
            .optional("pipParticipantAttribute", .attributeKey),
            .optional("pipBehavior", .pipBehavior),
            .optional("pipOffset", .pipOffset),
            .optional("pipPosition", .pipPosition),
            .optional("pipWidth", .pipWidth),
            .optional("pipHeight", .pipHeight),
            .optional("participantOrderAttribute", .attributeKey),
        ])
    static let recordingConfiguration: Shape = .structure(
        "RecordingConfiguration",
        [
            .optional("hlsConfiguration", .compositionRecordingHlsConfiguration),
            .optional("format", .recordingConfigurationFormat),
        ])
    static let s3DestinationConfiguration: Shape = .structure(
        "S3DestinationConfiguration",
        [
            .required("storageConfigurationArn", .storageConfigurationARN),
            .required("encoderConfigurationArns", .encoderConfigurationARNList),
            .optional("recordingConfiguration", .recordingConfiguration),
            .optional("thumbnailConfigurations", .compositionThumbnailConfigurationList),
        ])
    static let s3Detail: Shape = .structure(
        "S3Detail",
        [
            .required("recordingPrefix", .text)
        ])
    static let thumbnailStorageTypeList: Shape = .list(
        "ThumbnailStorageTypeList", of: .thumbnailStorageType, 0...2)
}
