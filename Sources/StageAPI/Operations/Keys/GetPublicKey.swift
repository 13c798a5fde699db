import Storage

struct GetPublicKey: APIOperation {
    static let name = "GetPublicKey"

    private let arn: ResourceARN

    init(reading input: InputReader) {
        arn = input.requiredARN("arn")
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        ["publicKey": try await service.resource(arn, .publicKey).json]
    }
}
