/// An operation of the API as it is seen from outside: its line in the table of the API's shapes.
struct OperationModel: Sendable {
    /// An error that an operation may answer with.
    enum DeclaredError: String, Sendable, CaseIterable {
        case validation, accessDenied, pendingVerification, resourceNotFound, conflict
        case serviceQuotaExceeded, internalServer
    }

    /// As in `POST /<name>`.
    let name: String
    /// What it does, in a line.
    let summary: String
    let input: Shape
    let output: Shape
    let errors: [DeclaredError]

    init(
        _ name: String, _ summary: String, input: [Shape.Member], output: [Shape.Member],
        errors: [DeclaredError]
    ) {
        self.name = name
        self.summary = summary
        self.input = .structure(name + "Request", input)
        self.output = .structure(name + "Response", output)
        self.errors = errors
    }

    /// The whole table, under the headings that documents have.
    static let groups: [(name: String, operations: [OperationModel])] = [
        ("Stages", stageOperations), ("Participants", participantOperations),
        ("Moderation", moderationOperations), ("Replication", replicationOperations),
        ("Keys", keyOperations),
        ("Configurations", configurationOperations), ("Compositions", compositionOperations),
        ("Tags", tagOperations),
    ]

    /// Every operation that the table has, by its name.
    static let all: [String: OperationModel] = Dictionary(
        uniqueKeysWithValues: groups.flatMap(\.operations).map { ($0.name, $0) })

    /// Checks an input whole.
    /// - Throws: `SerializationException` or `ValidationException`.
    func validate(_ members: [String: JSONValue]) throws(APIError) {
        guard case .structure(let known) = input.form else { return }
        let findings = Findings()
        Shape.validate(members, as: known, under: "", into: findings)
        try findings.finish()
    }
}

extension OperationModel.DeclaredError {
    /// An error of this kind: for its name and its status.
    var error: APIError {
        switch self {
        case .validation: .validation("")
        case .accessDenied: .accessDenied("")
        case .pendingVerification: .pendingVerification("")
        case .resourceNotFound: .resourceNotFound("")
        case .conflict: .conflict("")
        case .serviceQuotaExceeded: .quotaExceeded("")
        case .internalServer: .internalServer("")
        }
    }

    /// When it is answered.
    var meaning: String {
        switch self {
        case .validation:
            "The input is not what the operation takes; the message says which member."
        case .accessDenied:
            "The request is not signed, or not rightly, or the access key may not do this."
        case .pendingVerification: "Never answered by this server; clients of IVS know it."
        case .resourceNotFound: "There is no such resource."
        case .conflict: "The resource is used by another one, or in a state that forbids this."
        case .serviceQuotaExceeded: "A limit is reached; the message says which."
        case .internalServer: "The server failed; its log says more."
        }
    }
}
