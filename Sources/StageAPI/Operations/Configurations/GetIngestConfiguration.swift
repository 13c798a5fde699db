import Storage

struct GetIngestConfiguration: APIOperation {
    static let name = "GetIngestConfiguration"

    private let arn: ResourceARN

    init(reading input: InputReader) {
        arn = input.requiredARN("arn")
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        ["ingestConfiguration": try await service.resource(arn, .ingestConfiguration).json]
    }
}
