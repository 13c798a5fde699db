import Primitives
import Storage

struct GetStageSession: APIOperation {
    static let name = "GetStageSession"

    private let stageARN: ResourceARN
    private let session: StageSessionID

    init(reading input: InputReader) {
        stageARN = input.requiredARN("stageArn")
        session = StageSessionID(input.requiredString("sessionId"))
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        let stage = try await service.stage(stageARN)
        let record = try await service.stored { storage throws(StorageError) in
            try await storage.session(session, of: stage.id)
        }
        guard let record else {
            throw .resourceNotFound("session \(session) of \(stageARN.text)")
        }
        return ["stageSession": record.shape]
    }
}
