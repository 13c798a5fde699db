import Storage

/// Deletes a stage and sends everybody on it away.
struct DeleteStage: APIOperation {
    static let name = "DeleteStage"

    private let arn: ResourceARN

    init(reading input: InputReader) {
        arn = input.requiredARN("arn", .stageARN)
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        let id = try await service.exclusively { () async throws(APIError) in
            let stage = try await service.stage(arn)
            try await service.store(.deleteStage(stage.id))
            return stage.id
        }
        // Only now: who is sent away must not be able to come back.
        await service.occupancy.stageDeleted(id)
        return [:]
    }
}
