import Primitives
import Storage

/// Shows a publisher of one stage on another one too, under the same id. It counts as a publisher
/// there. One direction: who wants both makes two calls.
///
/// IVS does not say what it answers for a participant that is there and does not publish; here it is
/// a `ConflictException`, since trying again later may help.
struct StartParticipantReplication: APIOperation {
    static let name = "StartParticipantReplication"

    private let sourceARN: ResourceARN
    private let destinationARN: ResourceARN
    private let participant: ParticipantID
    private let window: Int
    private let attributes: [String: String]

    init(reading input: InputReader) {
        sourceARN = input.requiredARN("sourceStageArn")
        destinationARN = input.requiredARN("destinationStageArn")
        participant = ParticipantID(input.requiredString("participantId"))
        window = input.integer("reconnectWindowSeconds").map { Int(clamping: $0) } ?? 0
        attributes = input.map("attributes") ?? [:]
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        guard sourceARN != destinationARN else {
            throw .validation("sourceStageArn and destinationStageArn must differ.")
        }
        let source = try await service.stage(sourceARN)
        let destination = try await service.stage(destinationARN)
        let request = ReplicationRequest(
            participant: participant, source: source.id, destination: destination.id,
            attributes: attributes, reconnectWindowSeconds: window)
        let outcome = try await service.exclusively { () async throws(APIError) in
            do {
                return try await service.occupancy.startReplication(request)
            } catch {
                throw service.internalError("starting a replication", error)
            }
        }
        try outcome.requireStarted(participant, source)
        return [:]
    }
}

extension ReplicationOutcome {
    fileprivate func requireStarted(
        _ participant: ParticipantID, _ source: StageRecord
    ) throws(APIError) {
        switch self {
        case .started: return
        case .absent: throw .resourceNotFound("participant \(participant) on \(source.arn)")
        case .notPublishing:
            throw .conflict("The participant \(participant) does not publish on \(source.arn).")
        case .alreadyReplicated:
            throw .conflict("The participant \(participant) is replicated to that stage already.")
        case .tooMany(let limit):
            throw .quotaExceeded(
                "The participant is replicated to \(limit) stages already, as many as may be.")
        case .attributesTooLarge(let bytes):
            throw .validation(
                "The attributes take \(bytes) bytes with the participant's own; "
                    + "the limit is \(APILimits.attributeBytes).")
        case .refused(.quota, let message): throw .quotaExceeded(message)
        case .refused(.conflict, let message): throw .conflict(message)
        }
    }
}
