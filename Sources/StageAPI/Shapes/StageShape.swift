import Primitives
import Storage

extension StageService {
    /// The `Stage` structure. `activeSessionId` is absent while nobody is there.
    func shape(of stage: StageRecord, activeSession: StageSessionID? = nil) -> JSONValue {
        JSONValue(members: [
            "arn": .string(stage.arn), "name": .string(stage.name), "tags": JSONValue(stage.tags),
            "activeSessionId": activeSession.map { .string($0.rawValue) },
            "autoParticipantRecordingConfiguration": recordingShape(of: stage),
            "endpoints": [
                "events": .string(configuration.eventsURL), "whip": .string(configuration.whipURL),
            ],
        ])
    }

    /// The `StageSummary` structure.
    func summary(of stage: StageRecord, activeSession: StageSessionID?) -> JSONValue {
        JSONValue(members: [
            "arn": .string(stage.arn), "name": .string(stage.name), "tags": JSONValue(stage.tags),
            "activeSessionId": activeSession.map { .string($0.rawValue) },
        ])
    }

    private func recordingShape(of stage: StageRecord) -> JSONValue {
        guard let text = stage.autoParticipantRecording,
            let stored = try? JSONReader.read(Array(text.utf8))
        else { return ParticipantRecording().json }
        return stored
    }
}
