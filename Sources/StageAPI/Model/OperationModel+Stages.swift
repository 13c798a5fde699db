extension OperationModel {
    static let stageOperations: [OperationModel] = [
        OperationModel(
            "CreateParticipantToken",
            "Mints a token for one participant of a stage. It is not stored.",
            input: [
                .required("stageArn", .stageARN),
                .optional("duration", .participantTokenDurationMinutes),
                .optional("userId", .participantTokenUserID),
                .optional("attributes", .participantTokenAttributes),
                .optional("capabilities", .participantTokenCapabilities),
            ],
            output: [
                .optional("participantToken", .participantToken)
            ],
            errors: [
                .validation, .accessDenied, .pendingVerification, .resourceNotFound,
                .serviceQuotaExceeded,
            ]),
        OperationModel(
            "CreateStage",
            "Makes a stage, and tokens for it when they are asked for.",
            input: [
                .optional("name", .stageName),
                .optional("participantTokenConfigurations", .participantTokenConfigurations),
                .optional("tags", .tags),
                .optional(
                    "autoParticipantRecordingConfiguration", .autoParticipantRecordingConfiguration),
            ],
            output: [
                .optional("stage", .stage),
                .optional("participantTokens", .participantTokenList),
            ],
            errors: [.validation, .accessDenied, .pendingVerification, .serviceQuotaExceeded]),
        OperationModel(
            "DeleteStage",
            "Deletes a stage and sends everybody on it away.",
            input: [
                .required("arn", .stageARN)
            ],
            output: [],
            errors: [
                .validation, .accessDenied, .pendingVerification, .resourceNotFound, .conflict,
            ]),
        OperationModel(
            "GetStage",
            "Returns a stage, with the session that goes on.",
            input: [
                .required("arn", .stageARN)
            ],
            output: [
                .optional("stage", .stage)
            ],
            errors: [.validation, .accessDenied, .resourceNotFound]),
        OperationModel(
            "ListStages",
            "Lists the stages in the order in which they were made.",
            input: [
                .optional("nextToken", .paginationToken),
                .optional("maxResults", .maxStageResults),
            ],
            output: [
                .required("stages", .stageSummaryList),
                .optional("nextToken", .paginationToken),
            ],
            errors: [.validation, .accessDenied, .conflict]),
        OperationModel(
            "UntagResource",
            "Removes tags from a resource.",
            input: [
                .required("resourceArn", .resourceARN),
                .required("tagKeys", .tagKeyList),
            ],
            output: [],
            errors: [.validation, .resourceNotFound, .internalServer]),
        OperationModel(
            "UpdateStage",
            "Changes the name or the recording of a stage; what is not given stays.",
            input: [
                .required("arn", .stageARN),
                .optional("name", .stageName),
                .optional(
                    "autoParticipantRecordingConfiguration", .autoParticipantRecordingConfiguration),
            ],
            output: [
                .optional("stage", .stage)
            ],
            errors: [
                .validation, .accessDenied, .pendingVerification, .resourceNotFound, .conflict,
                .serviceQuotaExceeded,
            ]),
    ]
}
