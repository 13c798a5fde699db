/// Mints a token for a stage. Nothing is stored: a token is its own record.
struct CreateParticipantToken: APIOperation {
    static let name = "CreateParticipantToken"

    private let stageARN: ResourceARN
    private let token: TokenRequest

    init(reading input: InputReader) {
        stageARN = input.requiredARN("stageArn")
        token = TokenRequest(reading: input)
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        let stage = try await service.cachedStage(stageARN)
        return ["participantToken": try await service.mint(token, for: stage)]
    }
}
