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
        given.storageConfigurationARN = input.requiredString(
            "storageConfigurationArn", .recordingStorageARN)
        given.read(input)
        self = given.storageConfigurationARN.isEmpty ? ParticipantRecording() : given
    }

    private mutating func read(_ input: InputReader) {
        mediaTypes = input.enumerations("mediaTypes", count: 0...1) ?? mediaTypes
        if let thumbnails = input.object("thumbnailConfiguration") {
            thumbnailIntervalSeconds =
                thumbnails.integer("targetIntervalSeconds", in: 1...86_400)
                ?? thumbnailIntervalSeconds
            thumbnailStorage =
                thumbnails.enumerations("storage", count: 0...2) ?? thumbnailStorage
            thumbnailMode = thumbnails.enumeration("recordingMode") ?? thumbnailMode
        }
        reconnectWindowSeconds =
            input.integer("recordingReconnectWindowSeconds", in: 0...300) ?? reconnectWindowSeconds
        segmentDurationSeconds =
            input.object("hlsConfiguration")?.integer("targetSegmentDurationSeconds", in: 2...10)
            ?? segmentDurationSeconds
        recordsReplicas = input.boolean("recordParticipantReplicas") ?? recordsReplicas
    }

    /// - Throws: `ValidationException` when recording is asked for: there is no operation that makes
    ///   a storage configuration, so none that an ARN could name.
    func requireStorageConfiguration() throws(APIError) {
        guard storageConfigurationARN.isEmpty else {
            throw .validation(
                "There is no storage configuration \(storageConfigurationARN): this server does not "
                    + "record participants. Leave storageConfigurationArn empty.")
        }
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
