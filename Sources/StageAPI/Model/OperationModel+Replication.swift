extension OperationModel {
    static let replicationOperations: [OperationModel] = [
        OperationModel(
            "ListParticipantReplicas",
            "Lists where a participant is replicated to.",
            input: [
                .required("sourceStageArn", .stageARN),
                .required("participantId", .participantID),
                .optional("nextToken", .paginationToken),
                .optional("maxResults", .maxParticipantReplicaResults),
            ],
            output: [
                .required("replicas", .participantReplicaList),
                .optional("nextToken", .paginationToken),
            ],
            errors: [.validation, .accessDenied]),
        OperationModel(
            "StartParticipantReplication",
            "Shows a publisher of one stage on another stage too.",
            input: [
                .required("sourceStageArn", .stageARN),
                .required("destinationStageArn", .stageARN),
                .required("participantId", .participantID),
                .optional("reconnectWindowSeconds", .reconnectWindowSeconds),
                .optional("attributes", .participantAttributes),
            ],
            output: [],
            errors: [
                .validation, .accessDenied, .pendingVerification, .resourceNotFound, .conflict,
                .serviceQuotaExceeded, .internalServer,
            ]),
        OperationModel(
            "StopParticipantReplication",
            "Ends a replication.",
            input: [
                .required("sourceStageArn", .stageARN),
                .required("destinationStageArn", .stageARN),
                .required("participantId", .participantID),
            ],
            output: [],
            errors: [.validation, .accessDenied, .resourceNotFound, .internalServer]),
    ]
}
