import Storage

/// `POST /tags/{resourceArn}`: adds tags, and replaces the values of those that are there.
struct TagResource: APIOperation {
    static let name = "TagResource"

    private let arn: ResourceARN
    private let tags: [String: String]

    init(reading input: InputReader) {
        arn = input.requiredARN("resourceArn", .resourceARN)
        tags = input.requiredTags("tags")
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        _ = try await service.change(arn) { stage throws(APIError) in
            stage.tags.merge(tags) { $1 }
            guard stage.tags.count <= APILimits.tagsPerResource else {
                throw .validation(
                    "The resource would have \(stage.tags.count) tags; "
                        + "the limit is \(APILimits.tagsPerResource).")
            }
        }
        return [:]
    }
}
