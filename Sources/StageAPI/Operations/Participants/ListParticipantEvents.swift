import Primitives
import Storage

/// What happened to a participant in a session, the newest first.
struct ListParticipantEvents: APIOperation {
    static let name = "ListParticipantEvents"

    private let stageARN: ResourceARN
    private let session: StageSessionID
    private let participant: ParticipantID
    private let page: PageRequest

    init(reading input: InputReader) {
        stageARN = input.requiredARN("stageArn")
        session = StageSessionID(input.requiredString("sessionId"))
        participant = ParticipantID(input.requiredString("participantId"))
        page = PageRequest(reading: input)
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        guard let stage = try await service.stageIfAny(stageARN) else { return ["events": []] }
        return try await service.page(
            page,
            of: [Self.name, stage.id.rawValue, session.rawValue, participant.rawValue],
            as: "events",
            read: { storage, cursor, limit throws(StorageError) in
                try await storage.events(
                    of: participant, stage: stage.id, session: session, before: cursor,
                    limit: limit)
            }, position: \.position, shape: { service.shape(of: $0) })
    }
}
