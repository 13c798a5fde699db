extension OperationModel {
    static let participantOperations: [OperationModel] = [
        OperationModel(
            "DisconnectParticipant",
            "Sends a participant away for good: its token is of no more use.",
            input: [
                .required("stageArn", .stageARN),
                .required("participantId", .participantTokenID),
                .optional("reason", .disconnectParticipantReason),
            ],
            output: [],
            errors: [.validation, .accessDenied, .pendingVerification, .resourceNotFound]),
        OperationModel(
            "GetParticipant",
            "Returns a participant of a stage session.",
            input: [
                .required("stageArn", .stageARN),
                .required("sessionId", .stageSessionID),
                .required("participantId", .participantID),
            ],
            output: [
                .optional("participant", .participant)
            ],
            errors: [.validation, .accessDenied, .resourceNotFound]),
        OperationModel(
            "GetStageSession",
            "Returns a session of a stage.",
            input: [
                .required("stageArn", .stageARN),
                .required("sessionId", .stageSessionID),
            ],
            output: [
                .optional("stageSession", .stageSession)
            ],
            errors: [.validation, .accessDenied, .resourceNotFound]),
        OperationModel(
            "ListParticipantEvents",
            "Lists what happened to a participant in a stage session, newest first.",
            input: [
                .required("stageArn", .stageARN),
                .required("sessionId", .stageSessionID),
                .required("participantId", .participantID),
                .optional("nextToken", .paginationToken),
                .optional("maxResults", .maxParticipantEventResults),
            ],
            output: [
                .required("events", .eventList),
                .optional("nextToken", .paginationToken),
            ],
            errors: [.validation, .accessDenied]),
        OperationModel(
            "ListParticipants",
            "Lists the participants of a stage session; one filter at most.",
            input: [
                .required("stageArn", .stageARN),
                .required("sessionId", .stageSessionID),
                .optional("filterByUserId", .userID),
                .optional("filterByPublished", .published),
                .optional("filterByState", .participantState),
                .optional("nextToken", .paginationToken),
                .optional("maxResults", .maxParticipantResults),
                .optional("filterByRecordingState", .participantRecordingFilterByRecordingState),
            ],
            output: [
                .required("participants", .participantList),
                .optional("nextToken", .paginationToken),
            ],
            errors: [.validation, .accessDenied]),
        OperationModel(
            "ListStageSessions",
            "Lists the sessions of a stage, newest first.",
            input: [
                .required("stageArn", .stageARN),
                .optional("nextToken", .paginationToken),
                .optional("maxResults", .maxStageSessionResults),
            ],
            output: [
                .required("stageSessions", .stageSessionList),
                .optional("nextToken", .paginationToken),
            ],
            errors: [.validation, .accessDenied]),
    ]
}
