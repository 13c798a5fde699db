import Storage

/// Attaches an ingest configuration to another stage, or to none with an empty ARN; gives or takes the
/// second stream key. Not while somebody publishes with it.
struct UpdateIngestConfiguration: APIOperation {
    static let name = "UpdateIngestConfiguration"

    private let arn: ResourceARN
    private let stageARN: String?
    private let isRedundant: Bool?

    init(reading input: InputReader) {
        arn = input.requiredARN("arn")
        stageARN = input.string("stageArn")
        isRedundant = input.boolean("redundantIngest")
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        let record = try await service.change(arn, .ingestConfiguration) {
            record async throws(APIError) in
            guard record.state != IngestConfiguration.State.active.rawValue else {
                throw .conflict(
                    "\(arn.text) is in use: somebody publishes with it. Disconnect the "
                        + "participant first.")
            }
            var configuration = IngestConfiguration(record)
            if let stageARN {
                guard try await service.hasStage(stageARN) else {
                    throw .resourceNotFound(stageARN)
                }
                configuration.stageARN = stageARN
            }
            if let isRedundant {
                configuration.secondary =
                    isRedundant
                    ? configuration.secondary ?? service.newCredential(record.id) : nil
            }
            configuration.store(in: &record)
        }
        return ["ingestConfiguration": record.json]
    }
}
