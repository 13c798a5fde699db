extension OperationModel {
    static let compositionOperations: [OperationModel] = [
        OperationModel(
            "GetComposition",
            "Returns a composition, until five minutes after its end.",
            input: [
                .required("arn", .compositionARN)
            ],
            output: [
                .optional("composition", .composition)
            ],
            errors: [
                .validation, .accessDenied, .resourceNotFound, .conflict, .serviceQuotaExceeded,
                .internalServer,
            ]),
        OperationModel(
            "ListCompositions",
            "Lists the compositions in the order in which they were started.",
            input: [
                .optional("filterByStageArn", .stageARN),
                .optional("filterByEncoderConfigurationArn", .encoderConfigurationARN),
                .optional("nextToken", .paginationToken),
                .optional("maxResults", .maxCompositionResults),
            ],
            output: [
                .required("compositions", .compositionSummaryList),
                .optional("nextToken", .paginationToken),
            ],
            errors: [.validation, .accessDenied, .conflict, .serviceQuotaExceeded, .internalServer]),
        OperationModel(
            "StartComposition",
            "Starts to compose the participants of a stage into one picture and sound.",
            input: [
                .required("stageArn", .stageARN),
                .optional("idempotencyToken", .compositionClientToken),
                .optional("layout", .layoutConfiguration),
                .required("destinations", .destinationConfigurationList),
                .optional("tags", .tags),
            ],
            output: [
                .optional("composition", .composition)
            ],
            errors: [
                .validation, .accessDenied, .pendingVerification, .resourceNotFound, .conflict,
                .serviceQuotaExceeded, .internalServer,
            ]),
        OperationModel(
            "StopComposition",
            "Ends a composition.",
            input: [
                .required("arn", .compositionARN)
            ],
            output: [],
            errors: [
                .validation, .accessDenied, .resourceNotFound, .conflict, .serviceQuotaExceeded,
                .internalServer,
            ]),
    ]
}
