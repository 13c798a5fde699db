extension OperationModel {
    static let configurationOperations: [OperationModel] = [
        OperationModel(
            "CreateEncoderConfiguration",
            "Makes an encoder configuration for compositions.",
            input: [
                .optional("name", .encoderConfigurationName),
                .optional("video", .video),
                .optional("tags", .tags),
            ],
            output: [
                .optional("encoderConfiguration", .encoderConfiguration)
            ],
            errors: [
                .validation, .accessDenied, .pendingVerification, .resourceNotFound, .conflict,
                .serviceQuotaExceeded, .internalServer,
            ]),
        OperationModel(
            "CreateIngestConfiguration",
            "Makes a stream key for publishing on a stage over RTMP or RTMPS.",
            input: [
                .optional("name", .ingestConfigurationName),
                .optional("stageArn", .ingestConfigurationStageARN),
                .optional("userId", .userID),
                .optional("attributes", .participantAttributes),
                .required("ingestProtocol", .ingestProtocol),
                .optional("insecureIngest", .insecureIngest),
                .optional("redundantIngest", .redundantIngest),
                .optional("tags", .tags),
            ],
            output: [
                .optional("ingestConfiguration", .ingestConfiguration)
            ],
            errors: [.validation, .accessDenied, .pendingVerification, .serviceQuotaExceeded]),
        OperationModel(
            "CreateStorageConfiguration",
            "Makes a storage configuration: where recordings go.",
            input: [
                .optional("name", .storageConfigurationName),
                .required("s3", .s3StorageConfiguration),
                .optional("tags", .tags),
            ],
            output: [
                .optional("storageConfiguration", .storageConfiguration)
            ],
            errors: [
                .validation, .accessDenied, .pendingVerification, .resourceNotFound, .conflict,
                .serviceQuotaExceeded, .internalServer,
            ]),
        OperationModel(
            "DeleteEncoderConfiguration",
            "Deletes an encoder configuration that no composition uses.",
            input: [
                .required("arn", .encoderConfigurationARN)
            ],
            output: [],
            errors: [
                .validation, .accessDenied, .resourceNotFound, .conflict, .serviceQuotaExceeded,
                .internalServer,
            ]),
        OperationModel(
            "DeleteIngestConfiguration",
            "Deletes an ingest configuration; one in use only by force.",
            input: [
                .required("arn", .ingestConfigurationARN),
                .optional("force", .flag),
            ],
            output: [],
            errors: [
                .validation, .accessDenied, .pendingVerification, .resourceNotFound, .conflict,
            ]),
        OperationModel(
            "DeleteStorageConfiguration",
            "Deletes a storage configuration that no composition or stage uses.",
            input: [
                .required("arn", .storageConfigurationARN)
            ],
            output: [],
            errors: [
                .validation, .accessDenied, .resourceNotFound, .conflict, .serviceQuotaExceeded,
                .internalServer,
            ]),
        OperationModel(
            "GetEncoderConfiguration",
            "Returns an encoder configuration.",
            input: [
                .required("arn", .encoderConfigurationARN)
            ],
            output: [
                .optional("encoderConfiguration", .encoderConfiguration)
            ],
            errors: [
                .validation, .accessDenied, .resourceNotFound, .conflict, .serviceQuotaExceeded,
                .internalServer,
            ]),
        OperationModel(
            "GetIngestConfiguration",
            "Returns an ingest configuration with its stream key.",
            input: [
                .required("arn", .ingestConfigurationARN)
            ],
            output: [
                .optional("ingestConfiguration", .ingestConfiguration)
            ],
            errors: [.validation, .accessDenied, .resourceNotFound]),
        OperationModel(
            "GetStorageConfiguration",
            "Returns a storage configuration.",
            input: [
                .required("arn", .storageConfigurationARN)
            ],
            output: [
                .optional("storageConfiguration", .storageConfiguration)
            ],
            errors: [
                .validation, .accessDenied, .resourceNotFound, .conflict, .serviceQuotaExceeded,
                .internalServer,
            ]),
        OperationModel(
            "ListEncoderConfigurations",
            "Lists the encoder configurations in the order in which they were made.",
            input: [
                .optional("nextToken", .paginationToken),
                .optional("maxResults", .maxEncoderConfigurationResults),
            ],
            output: [
                .required("encoderConfigurations", .encoderConfigurationSummaryList),
                .optional("nextToken", .paginationToken),
            ],
            errors: [.validation, .accessDenied, .conflict, .serviceQuotaExceeded, .internalServer]),
        OperationModel(
            "ListIngestConfigurations",
            "Lists the ingest configurations in the order in which they were made.",
            input: [
                .optional("filterByStageArn", .stageARN),
                .optional("filterByState", .ingestConfigurationState),
                .optional("nextToken", .paginationToken),
                .optional("maxResults", .maxIngestConfigurationResults),
            ],
            output: [
                .required("ingestConfigurations", .ingestConfigurationList),
                .optional("nextToken", .paginationToken),
            ],
            errors: [.validation, .accessDenied]),
        OperationModel(
            "ListStorageConfigurations",
            "Lists the storage configurations in the order in which they were made.",
            input: [
                .optional("nextToken", .paginationToken),
                .optional("maxResults", .maxStorageConfigurationResults),
            ],
            output: [
                .required("storageConfigurations", .storageConfigurationSummaryList),
                .optional("nextToken", .paginationToken),
            ],
            errors: [.validation, .accessDenied, .conflict, .serviceQuotaExceeded, .internalServer]),
        OperationModel(
            "UpdateIngestConfiguration",
            "Attaches an ingest configuration to another stage, or to none.",
            input: [
                .required("arn", .ingestConfigurationARN),
                .optional("stageArn", .ingestConfigurationStageARN),
                .optional("redundantIngest", .redundantIngest),
            ],
            output: [
                .optional("ingestConfiguration", .ingestConfiguration)
            ],
            errors: [
                .validation, .accessDenied, .pendingVerification, .resourceNotFound, .conflict,
            ]),
    ]
}
