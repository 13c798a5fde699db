/// `POST /tags/{resourceArn}`: adds tags, and replaces the values of those that are there.
struct TagResource: APIOperation {
    static let name = "TagResource"

    private let arn: ResourceARN
    private let tags: [String: String]

    init(reading input: InputReader) {
        arn = input.requiredARN("resourceArn")
        tags = input.map("tags") ?? [:]
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        try await service.changeTags(of: arn) { known throws(APIError) in
            known.merge(tags) { $1 }
            guard known.count <= APILimits.tagsPerResource else {
                throw .validation(
                    "The resource would have \(known.count) tags; "
                        + "the limit is \(APILimits.tagsPerResource).")
            }
        }
        return [:]
    }
}
