import Storage

/// Deletes a stage and sends everybody on it away. Its compositions end, and ingest configurations
/// are taken off it.
struct DeleteStage: APIOperation {
    static let name = "DeleteStage"

    private let arn: ResourceARN

    init(reading input: InputReader) {
        arn = input.requiredARN("arn")
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        let id = try await service.exclusively { () async throws(APIError) in
            let stage = try await service.stage(arn)
            try await service.store(
                [.deleteStage(stage.id)] + RecordingLink.changes(from: stage, to: nil)
                    + service.detachedIngest(from: stage.arn)
                    + service.stoppedCompositions(of: stage))
            return stage.id
        }
        // Only now: who is sent away must not be able to come back.
        await service.occupancy.stageDeleted(id)
        return [:]
    }
}
