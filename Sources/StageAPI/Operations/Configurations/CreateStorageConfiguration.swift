import Storage

/// Makes a storage configuration: the name of a bucket that recordings go to.
struct CreateStorageConfiguration: APIOperation {
    static let name = "CreateStorageConfiguration"

    private let configurationName: String
    private let bucket: String
    private let tags: [String: String]

    init(reading input: InputReader) {
        configurationName = input.string("name") ?? ""
        bucket = input.object("s3")?.requiredString("bucketName") ?? ""
        tags = input.map("tags") ?? [:]
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        let record = service.newResource(
            .storageConfiguration, name: configurationName, tags: tags,
            body: ["s3": ["bucketName": .string(bucket)]])
        try await service.create(record)
        return ["storageConfiguration": record.json]
    }
}
