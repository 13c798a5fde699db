/// `DELETE /tags/{resourceArn}?tagKeys=…`: removes tags; those that are not there are ignored.
struct UntagResource: APIOperation {
    static let name = "UntagResource"

    private let arn: ResourceARN
    private let keys: [String]

    init(reading input: InputReader) {
        arn = input.requiredARN("resourceArn")
        keys = input.strings("tagKeys") ?? []
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        try await service.changeTags(of: arn) { tags throws(APIError) in
            for key in keys { tags[key] = nil }
        }
        return [:]
    }
}
