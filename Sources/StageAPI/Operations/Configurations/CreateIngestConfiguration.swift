import Primitives
import Storage

/// Makes a stream key for one participant of a stage.
struct CreateIngestConfiguration: APIOperation {
    static let name = "CreateIngestConfiguration"

    private let configurationName: String
    private let stageARN: String
    private let userID: String
    private let attributes: [String: String]
    private let ingestProtocol: String
    private let isRedundant: Bool
    private let tags: [String: String]

    init(reading input: InputReader) {
        configurationName = input.string("name") ?? ""
        stageARN = input.string("stageArn") ?? ""
        userID = input.string("userId") ?? ""
        attributes = input.map("attributes") ?? [:]
        ingestProtocol = input.requiredString("ingestProtocol").uppercased()
        isRedundant = input.boolean("redundantIngest") ?? false
        tags = input.map("tags") ?? [:]
        if ingestProtocol == "RTMP", input.boolean("insecureIngest") != true {
            input.reject(
                "insecureIngest", "false",
                "Member must be true with ingestProtocol RTMP, which is not encrypted")
        }
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        var record = service.newResource(
            .ingestConfiguration, name: configurationName, tags: tags,
            state: IngestConfiguration.State.inactive.rawValue)
        let configuration = IngestConfiguration(
            ingestProtocol: ingestProtocol, stageARN: stageARN, userID: userID,
            attributes: attributes, primary: service.newCredential(record.id),
            secondary: isRedundant ? service.newCredential(record.id) : nil)
        configuration.store(in: &record)
        try await service.create(record) { () async throws(APIError) in
            // The operation knows no ResourceNotFoundException.
            guard try await service.hasStage(stageARN) else {
                throw .validation("stageArn: there is no stage \(stageARN).")
            }
        }
        return ["ingestConfiguration": record.json]
    }
}

extension StageService {
    /// Whether `arn` is empty or names a stage.
    func hasStage(_ arn: String) async throws(APIError) -> Bool {
        guard !arn.isEmpty else { return true }
        guard let arn = ResourceARN(arn) else { return false }
        let id = StageID(arn.id)
        let stage = try await stored { storage throws(StorageError) in
            try await storage.stage(id)
        }
        return stage?.arn == arn.text
    }
}
