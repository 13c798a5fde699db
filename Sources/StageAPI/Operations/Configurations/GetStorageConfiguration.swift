import Storage

struct GetStorageConfiguration: APIOperation {
    static let name = "GetStorageConfiguration"

    private let arn: ResourceARN

    init(reading input: InputReader) {
        arn = input.requiredARN("arn")
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        ["storageConfiguration": try await service.resource(arn, .storageConfiguration).json]
    }
}
