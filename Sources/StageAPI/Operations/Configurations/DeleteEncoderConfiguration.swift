import Storage

struct DeleteEncoderConfiguration: APIOperation {
    static let name = "DeleteEncoderConfiguration"

    private let arn: ResourceARN

    init(reading input: InputReader) {
        arn = input.requiredARN("arn")
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        try await service.remove(arn, .encoderConfiguration) { record throws(APIError) in
            try await service.requireUnusedByCompositions(record)
        }
        return [:]
    }
}
