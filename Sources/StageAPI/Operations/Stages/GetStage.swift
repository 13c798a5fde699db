import Storage

struct GetStage: APIOperation {
    static let name = "GetStage"

    private let arn: ResourceARN

    init(reading input: InputReader) {
        arn = input.requiredARN("arn")
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        let stage = try await service.stage(arn)
        let session = await service.occupancy.activeSession(of: stage.id)
        return ["stage": service.shape(of: stage, activeSession: session)]
    }
}
