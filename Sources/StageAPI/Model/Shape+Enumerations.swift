// Strings of which there are a few.
extension Shape {
    static let compositionState: Shape = .enumeration(
        "CompositionState", ["STARTING", "ACTIVE", "STOPPING", "FAILED", "STOPPED"])
    static let destinationState: Shape = .enumeration(
        "DestinationState", ["STARTING", "ACTIVE", "STOPPING", "RECONNECTING", "FAILED", "STOPPED"])
    static let eventErrorCode: Shape = .enumeration(
        "EventErrorCode",
        [
            "INSUFFICIENT_CAPABILITIES", "QUOTA_EXCEEDED", "PUBLISHER_NOT_FOUND",
            "BITRATE_EXCEEDED", "RESOLUTION_EXCEEDED", "STREAM_DURATION_EXCEEDED",
            "INVALID_AUDIO_CODEC", "INVALID_VIDEO_CODEC", "INVALID_PROTOCOL", "INVALID_STREAM_KEY",
            "REUSE_OF_STREAM_KEY", "B_FRAME_PRESENT", "INVALID_INPUT", "INTERNAL_SERVER_EXCEPTION",
        ])
    static let eventName: Shape = .enumeration(
        "EventName",
        [
            "JOINED", "LEFT", "PUBLISH_STARTED", "PUBLISH_STOPPED", "SUBSCRIBE_STARTED",
            "SUBSCRIBE_STOPPED", "PUBLISH_ERROR", "SUBSCRIBE_ERROR", "JOIN_ERROR",
            "REPLICATION_STARTED", "REPLICATION_STOPPED", "TOKEN_EXCHANGED",
        ])
    static let ingestConfigurationState: Shape = .enumeration(
        "IngestConfigurationState", ["ACTIVE", "INACTIVE"])
    static let ingestProtocol: Shape = .enumeration(
        "IngestProtocol", ["RTMP", "RTMPS"], ignoresCase: true)
    static let participantProtocol: Shape = .enumeration(
        "ParticipantProtocol", ["UNKNOWN", "WHIP", "RTMP", "RTMPS"])
    static let participantRecordingFilterByRecordingState: Shape = .enumeration(
        "ParticipantRecordingFilterByRecordingState",
        ["STARTING", "ACTIVE", "STOPPING", "STOPPED", "FAILED"])
    static let participantRecordingMediaType: Shape = .enumeration(
        "ParticipantRecordingMediaType", ["AUDIO_VIDEO", "AUDIO_ONLY", "NONE"])
    static let participantRecordingState: Shape = .enumeration(
        "ParticipantRecordingState",
        ["STARTING", "ACTIVE", "STOPPING", "STOPPED", "FAILED", "DISABLED"])
    static let participantState: Shape = .enumeration(
        "ParticipantState", ["CONNECTED", "DISCONNECTED"])
    static let participantTokenCapability: Shape = .enumeration(
        "ParticipantTokenCapability", ["PUBLISH", "SUBSCRIBE"])
    static let pipBehavior: Shape = .enumeration("PipBehavior", ["STATIC", "DYNAMIC"])
    static let pipPosition: Shape = .enumeration(
        "PipPosition", ["TOP_LEFT", "TOP_RIGHT", "BOTTOM_LEFT", "BOTTOM_RIGHT"])
    static let recordingConfigurationFormat: Shape = .enumeration(
        "RecordingConfigurationFormat", ["HLS"])
    static let replicationState: Shape = .enumeration("ReplicationState", ["ACTIVE", "STOPPED"])
    static let replicationType: Shape = .enumeration(
        "ReplicationType", ["SOURCE", "REPLICA", "NONE"])
    static let thumbnailRecordingMode: Shape = .enumeration(
        "ThumbnailRecordingMode", ["INTERVAL", "DISABLED"])
    static let thumbnailStorageType: Shape = .enumeration(
        "ThumbnailStorageType", ["SEQUENTIAL", "LATEST"])
    static let videoAspectRatio: Shape = .enumeration(
        "VideoAspectRatio", ["AUTO", "VIDEO", "SQUARE", "PORTRAIT"])
    static let videoFillMode: Shape = .enumeration(
        "VideoFillMode", ["FILL", "COVER", "CONTAIN", ""]
    )
    .noting(
        "Empty when it is not set, which means COVER, and CONTAIN for a featured tile of a grid.")
}
