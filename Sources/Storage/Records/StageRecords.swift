package import Primitives

/// A stage as it is stored. API shapes are made from it; it knows no AWS name but the ARN.
package struct StageRecord: Hashable, Codable, Sendable {
    package var id: StageID
    package var arn: String
    /// The order of creation, unique and rising; 0 until stored.
    package var position: Int64
    package var name: String
    package var tags: [String: String]
    /// The `autoParticipantRecordingConfiguration` as normalised JSON; `nil` when never given.
    package var autoParticipantRecording: String?
    package var createdAt: WallTime

    package init(
        id: StageID, arn: String, position: Int64 = 0, name: String, tags: [String: String],
        autoParticipantRecording: String? = nil, createdAt: WallTime
    ) {
        self.id = id
        self.arn = arn
        self.position = position
        self.name = name
        self.tags = tags
        self.autoParticipantRecording = autoParticipantRecording
        self.createdAt = createdAt
    }
}

/// A stage session: from the first participant's arrival until some time after the last has gone.
package struct SessionRecord: Hashable, Codable, Sendable {
    package var id: StageSessionID
    package var stage: StageID
    /// The order of beginning, unique and rising; 0 until stored.
    package var position: Int64
    package var startedAt: WallTime
    /// `nil` while the session goes on.
    package var endedAt: WallTime?

    package init(
        id: StageSessionID, stage: StageID, position: Int64 = 0, startedAt: WallTime,
        endedAt: WallTime? = nil
    ) {
        self.id = id
        self.stage = stage
        self.position = position
        self.startedAt = startedAt
        self.endedAt = endedAt
    }
}
