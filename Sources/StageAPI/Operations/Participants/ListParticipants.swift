import Primitives
import Storage

/// Participants of a session in the order in which they first joined it; of all of them, or of those
/// that one filter lets through.
struct ListParticipants: APIOperation {
    static let name = "ListParticipants"

    private let stageARN: ResourceARN
    private let session: StageSessionID
    private let filters: [ParticipantQuery.Filter]
    private let page: PageRequest

    init(reading input: InputReader) {
        stageARN = input.requiredARN("stageArn")
        session = StageSessionID(input.requiredString("sessionId"))
        filters = [
            input.string("filterByUserId").map { .userID($0) },
            input.boolean("filterByPublished").map { .hasPublished($0) },
            input.string("filterByState").map { .isConnected($0 == "CONNECTED") },
            input.string("filterByRecordingState").map { .recordingState($0) },
        ].compactMap(\.self)
        page = PageRequest(reading: input)
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        guard filters.count <= 1 else {
            throw .validation(
                "At most one of filterByUserId, filterByPublished, filterByState and "
                    + "filterByRecordingState can be given, not \(filters.count).")
        }
        guard let stage = try await service.stageIfAny(stageARN) else {
            return ["participants": []]
        }
        let query = ParticipantQuery(stage: stage.id, session: session, filter: filters.first)
        return try await service.page(
            page, of: [Self.name, stage.id.rawValue, session.rawValue, query.scope],
            as: "participants",
            read: { storage, cursor, limit throws(StorageError) in
                try await storage.participants(query, after: cursor, limit: limit)
            }, position: \.position, shape: { service.summary(of: $0) })
    }
}

extension ParticipantQuery {
    fileprivate var scope: String {
        switch filter {
        case nil: ""
        case .userID(let id): "user \(id)"
        case .hasPublished(let value): "published \(value)"
        case .isConnected(let value): "connected \(value)"
        case .recordingState(let state): "recording \(state)"
        }
    }
}
