import Storage

struct DeleteStorageConfiguration: APIOperation {
    static let name = "DeleteStorageConfiguration"

    private let arn: ResourceARN

    init(reading input: InputReader) {
        arn = input.requiredARN("arn")
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        try await service.remove(arn, .storageConfiguration) { record throws(APIError) in
            try await service.requireUnusedByCompositions(record)
            try await service.requireUnusedByStages(record)
        }
        return [:]
    }
}
