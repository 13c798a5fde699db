/// `GET /tags/{resourceArn}`.
struct ListTagsForResource: APIOperation {
    static let name = "ListTagsForResource"

    private let arn: ResourceARN

    init(reading input: InputReader) {
        arn = input.requiredARN("resourceArn")
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        ["tags": JSONValue(try await service.tags(of: arn))]
    }
}
