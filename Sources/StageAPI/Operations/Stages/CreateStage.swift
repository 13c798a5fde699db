import Primitives
import Storage

/// Creates a stage, and tokens for it in the order that they were asked for.
struct CreateStage: APIOperation {
    static let name = "CreateStage"

    private let stageName: String
    private let tokens: [TokenRequest]
    private let tags: [String: String]
    private let recording: ParticipantRecording?

    init(reading input: InputReader) {
        stageName = input.string("name") ?? ""
        tokens =
            input.objects("participantTokenConfigurations")?
            .map(TokenRequest.init(reading:)) ?? []
        tags = input.map("tags") ?? [:]
        recording = input.object("autoParticipantRecordingConfiguration")
            .map(ParticipantRecording.init(reading:))
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        let stage = service.newStage(
            name: stageName, tags: tags, autoParticipantRecording: recording?.json.text)
        var minted: [JSONValue] = []
        for token in tokens { minted.append(try await service.mint(token, for: stage)) }
        try await service.exclusively { () async throws(APIError) in
            // The operation knows no ResourceNotFoundException.
            guard try await service.hasStorage(for: recording) else {
                throw .validation(
                    "autoParticipantRecordingConfiguration.storageConfigurationArn: there is no "
                        + "storage configuration \(recording?.storageConfigurationARN ?? "").")
            }
            try await service.requireRoomForAStage()
            try await service.store(
                [.putStage(stage)] + RecordingLink.changes(from: nil, to: stage))
        }
        return ["stage": service.shape(of: stage), "participantTokens": .array(minted)]
    }
}

extension StageService {
    fileprivate func newStage(
        name: String, tags: [String: String], autoParticipantRecording: String?
    ) -> StageRecord {
        var random = random
        let id = StageID.random(using: &random)
        return StageRecord(
            id: id, arn: configuration.arn("stage", id.rawValue), name: name, tags: tags,
            autoParticipantRecording: autoParticipantRecording, createdAt: now())
    }

    fileprivate func requireRoomForAStage() async throws(APIError) {
        let count = try await stored { storage throws(StorageError) in
            try await storage.stageCount()
        }
        try requireRoom(count, limit: configuration.quotas.stages, of: "stages")
    }
}
