import Storage

struct GetEncoderConfiguration: APIOperation {
    static let name = "GetEncoderConfiguration"

    private let arn: ResourceARN

    init(reading input: InputReader) {
        arn = input.requiredARN("arn")
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        ["encoderConfiguration": try await service.resource(arn, .encoderConfiguration).json]
    }
}
