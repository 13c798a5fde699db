import Primitives
import Storage

struct GetParticipant: APIOperation {
    static let name = "GetParticipant"

    private let stageARN: ResourceARN
    private let session: StageSessionID
    private let participant: ParticipantID

    init(reading input: InputReader) {
        stageARN = input.requiredARN("stageArn")
        session = StageSessionID(input.requiredString("sessionId"))
        participant = ParticipantID(input.requiredString("participantId"))
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        let stage = try await service.stage(stageARN)
        let record = try await service.stored { storage throws(StorageError) in
            try await storage.participant(participant, of: stage.id, in: session)
        }
        guard let record else {
            throw .resourceNotFound("participant \(participant) of session \(session)")
        }
        return ["participant": service.shape(of: record)]
    }
}
