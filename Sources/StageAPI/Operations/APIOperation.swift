/// One operation of the API: its decoded, validated input and what it does. One file each; add a new
/// one to ``StageService/operations``, and what it looks like from outside to ``OperationModel``.
protocol APIOperation: Sendable {
    /// As in `POST /<name>`.
    static var name: String { get }

    /// Reads the input, which is as ``OperationModel`` says. What else is wrong is noted in the
    /// reader, and the value thrown away.
    init(reading input: InputReader)

    /// Does it, and returns the output's members.
    func run(in service: StageService) async throws(APIError) -> JSONValue
}

extension APIOperation {
    /// Reads and validates the input.
    static func decode(_ members: [String: JSONValue]) throws(APIError) -> Self {
        try OperationModel.all[name]?.validate(members)
        let findings = Findings()
        let operation = Self(reading: InputReader(members, findings: findings))
        try findings.finish()
        return operation
    }
}
