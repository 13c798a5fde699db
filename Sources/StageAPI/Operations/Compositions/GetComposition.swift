import Storage

/// A composition, until five minutes after its end.
struct GetComposition: APIOperation {
    static let name = "GetComposition"

    private let arn: ResourceARN

    init(reading input: InputReader) {
        arn = input.requiredARN("arn")
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        ["composition": try await service.resource(arn, .composition).json]
    }
}
