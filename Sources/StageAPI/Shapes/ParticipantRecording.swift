import Storage

/// `AutoParticipantRecordingConfiguration`, with its defaults.
struct ParticipantRecording: Hashable, Sendable {
    enum MediaType: String, StringEnumeration, Sendable {
        case audioVideo = "AUDIO_VIDEO"
        case audioOnly = "AUDIO_ONLY"
        case none = "NONE"
    }
    enum ThumbnailStorage: String, StringEnumeration, Sendable {
        case sequential = "SEQUENTIAL"
        case latest = "LATEST"
    }
    enum ThumbnailMode: String, StringEnumeration, Sendable {
        case interval = "INTERVAL"
        case disabled = "DISABLED"
    }

    /// Empty: recording is off.
    var storageConfigurationARN = ""
    var mediaTypes: [MediaType] = [.audioVideo]
    var thumbnailIntervalSeconds: Int64 = 60
    var thumbnailStorage: [ThumbnailStorage] = [.sequential]
    var thumbnailMode = ThumbnailMode.disabled
    var reconnectWindowSeconds: Int64 = 0
    var segmentDurationSeconds: Int64 = 6
    var recordsReplicas = true

    init() {}

    /// An empty storage configuration turns recording off and resets everything else.
    init(reading input: InputReader) {
        var given = ParticipantRecording()
        given.storageConfigurationARN = input.requiredString("storageConfigurationArn")
        given.read(input)
        self = given.storageConfigurationARN.isEmpty ? ParticipantRecording() : given
    }

    private mutating func read(_ input: InputReader) {
        mediaTypes = input.enumerations("mediaTypes") ?? mediaTypes
        if let thumbnails = input.object("thumbnailConfiguration") {
            thumbnailIntervalSeconds =
                thumbnails.integer("targetIntervalSeconds")
                ?? thumbnailIntervalSeconds
            thumbnailStorage =
                thumbnails.enumerations("storage") ?? thumbnailStorage
            thumbnailMode = thumbnails.enumeration("recordingMode") ?? thumbnailMode
        }
        reconnectWindowSeconds =
            input.integer("recordingReconnectWindowSeconds") ?? reconnectWindowSeconds
        segmentDurationSeconds =
            input.object("hlsConfiguration")?.integer("targetSegmentDurationSeconds")
            ?? segmentDurationSeconds
        recordsReplicas = input.boolean("recordParticipantReplicas") ?? recordsReplicas
    }

    var json: JSONValue {
        [
            "storageConfigurationArn": .string(storageConfigurationARN),
            "mediaTypes": .array(mediaTypes.map { .string($0.rawValue) }),
            "thumbnailConfiguration": [
                "targetIntervalSeconds": .integer(thumbnailIntervalSeconds),
                "storage": .array(thumbnailStorage.map { .string($0.rawValue) }),
                "recordingMode": .string(thumbnailMode.rawValue),
            ],
            "recordingReconnectWindowSeconds": .integer(reconnectWindowSeconds),
            "hlsConfiguration": ["targetSegmentDurationSeconds": .integer(segmentDurationSeconds)],
            "recordParticipantReplicas": .bool(recordsReplicas),
        ]
    }
}

extension StageService {
    /// Whether there is the storage configuration that somebody wants to record to; also when nobody
    /// wants to.
    func hasStorage(for recording: ParticipantRecording?) async throws(APIError) -> Bool {
        guard let text = recording?.storageConfigurationARN, !text.isEmpty else { return true }
        guard let arn = ResourceARN(text) else { return false }
        let record = try await stored { storage throws(StorageError) in
            try await storage.resource(.storageConfiguration, arn.id)
        }
        return record?.arn == text
    }
}
