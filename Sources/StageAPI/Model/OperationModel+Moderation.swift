// Operations that Rostrum has and IVS has not.
extension OperationModel {
    static let moderationOperations: [OperationModel] = [
        OperationModel(
            "MuteParticipant",
            "Holds back what a participant sends, for the rest of the session. IVS has no such "
                + "operation.",
            input: [
                .required("stageArn", .stageARN),
                .required("participantId", .participantTokenID),
                .optional("audio", .muted),
                .optional("video", .muted),
            ],
            output: [],
            errors: [.validation, .accessDenied, .resourceNotFound, .serviceQuotaExceeded]),
        OperationModel(
            "UnpublishParticipant",
            "Ends what a participant publishes; its token stays good. IVS has no such operation.",
            input: [
                .required("stageArn", .stageARN),
                .required("participantId", .participantTokenID),
                .optional("reason", .disconnectParticipantReason),
            ],
            output: [],
            errors: [.validation, .accessDenied, .resourceNotFound]),
    ]
}

extension Shape {
    fileprivate static let muted: Shape = .boolean("Muted")
        .noting("True mutes, false lifts it; what is not given stays as it is.")
}
