import Primitives
import Storage

/// Sessions of a stage, the newest first.
struct ListStageSessions: APIOperation {
    static let name = "ListStageSessions"

    private let stageARN: ResourceARN
    private let page: PageRequest

    init(reading input: InputReader) {
        stageARN = input.requiredARN("stageArn")
        page = PageRequest(reading: input)
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        guard let stage = try await service.stageIfAny(stageARN) else {
            return ["stageSessions": []]
        }
        return try await service.page(
            page, of: [Self.name, stage.id.rawValue], as: "stageSessions",
            read: { storage, cursor, limit throws(StorageError) in
                try await storage.sessions(of: stage.id, before: cursor, limit: limit)
            }, position: \.position, shape: \.shape)
    }
}
