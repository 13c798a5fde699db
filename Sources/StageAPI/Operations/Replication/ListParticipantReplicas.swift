import Primitives
import Storage

/// Where a participant of a stage is, or was, replicated to, in the order in which it began.
struct ListParticipantReplicas: APIOperation {
    static let name = "ListParticipantReplicas"

    private let sourceARN: ResourceARN
    private let participant: ParticipantID
    private let page: PageRequest

    init(reading input: InputReader) {
        sourceARN = input.requiredARN("sourceStageArn")
        participant = ParticipantID(input.requiredString("participantId"))
        page = PageRequest(reading: input)
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        guard let source = try await service.stageIfAny(sourceARN) else { return ["replicas": []] }
        let query = ReplicationQuery(participant: participant, sourceStage: source.id)
        return try await service.page(
            page, of: [Self.name, source.id.rawValue, participant.rawValue], as: "replicas",
            read: { storage, cursor, limit throws(StorageError) in
                try await storage.replications(query, after: cursor, limit: limit)
            }, position: \.position, shape: { service.shape(of: $0) })
    }
}

extension StageService {
    /// The `ParticipantReplica` structure.
    fileprivate func shape(of replication: ReplicationRecord) -> JSONValue {
        [
            "sourceStageArn": .string(
                configuration.arn("stage", replication.sourceStage.rawValue)),
            "participantId": .string(replication.participant.rawValue),
            "sourceSessionId": .string(replication.sourceSession.rawValue),
            "destinationStageArn": .string(
                configuration.arn("stage", replication.destinationStage.rawValue)),
            "destinationSessionId": .string(replication.destinationSession.rawValue),
            "replicationState": replication.isActive ? "ACTIVE" : "STOPPED",
        ]
    }
}
