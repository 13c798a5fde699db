import Storage

/// `DELETE /tags/{resourceArn}?tagKeys=…`: removes tags; those that are not there are ignored.
struct UntagResource: APIOperation {
    static let name = "UntagResource"

    private let arn: ResourceARN
    private let keys: [String]

    init(reading input: InputReader) {
        arn = input.requiredARN("resourceArn", .resourceARN)
        keys = input.requiredTagKeys("tagKeys")
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        _ = try await service.change(arn) { stage throws(APIError) in
            for key in keys { stage.tags[key] = nil }
        }
        return [:]
    }
}
