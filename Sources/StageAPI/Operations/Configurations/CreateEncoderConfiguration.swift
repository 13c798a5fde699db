import Storage

/// Makes an encoder configuration, which cannot be changed later.
struct CreateEncoderConfiguration: APIOperation {
    static let name = "CreateEncoderConfiguration"

    private let configurationName: String
    private let video: VideoConfiguration
    private let tags: [String: String]

    init(reading input: InputReader) {
        configurationName = input.string("name") ?? ""
        video = input.object("video").map(VideoConfiguration.init(reading:)) ?? VideoConfiguration()
        tags = input.map("tags") ?? [:]
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        let record = service.newResource(
            .encoderConfiguration, name: configurationName, tags: tags, body: ["video": video.json])
        try await service.create(record)
        return ["encoderConfiguration": record.json]
    }
}
