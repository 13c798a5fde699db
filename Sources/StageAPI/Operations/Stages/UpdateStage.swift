import Storage

/// Changes the name or the recording configuration; what is not given stays.
struct UpdateStage: APIOperation {
    static let name = "UpdateStage"

    private let arn: ResourceARN
    private let stageName: String?
    private let recording: ParticipantRecording?

    init(reading input: InputReader) {
        arn = input.requiredARN("arn")
        stageName = input.string("name")
        recording = input.object("autoParticipantRecordingConfiguration")
            .map(ParticipantRecording.init(reading:))
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        let stage = try await service.change(arn) { stage async throws(APIError) in
            guard try await service.hasStorage(for: recording) else {
                throw .resourceNotFound(recording?.storageConfigurationARN ?? "")
            }
            if let stageName { stage.name = stageName }
            if let recording { stage.autoParticipantRecording = recording.json.text }
        }
        let session = await service.occupancy.activeSession(of: stage.id)
        return ["stage": service.shape(of: stage, activeSession: session)]
    }
}
