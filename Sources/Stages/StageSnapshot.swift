package import Primitives

/// What everybody on the stage may see: its publishers, in the order in which they joined.
package struct StageSnapshot: Hashable, Sendable {
    package var publishers: [ParticipantView]

    package init(publishers: [ParticipantView] = []) {
        self.publishers = publishers
    }
}

/// A participant as the others see it.
package struct ParticipantView: Hashable, Sendable {
    package var id: ParticipantID
    package var userID: String
    package var attributes: [String: String]
    /// Whether media arrives from it. A publisher that is connecting is listed and is `false` here.
    package var isPublishing: Bool
    /// By itself or by the backend.
    package var audioMuted: Bool
    package var videoStopped: Bool
    /// What the backend has muted: it is not passed on, whatever the participant says.
    package var mutedByModerator: MutedKinds
    /// It publishes on another stage, and is seen here too.
    package var isReplica: Bool
    /// Best first.
    package var layers: [PublishedLayer]

    package init(
        id: ParticipantID, userID: String = "", attributes: [String: String] = [:],
        isPublishing: Bool = false, audioMuted: Bool = false, videoStopped: Bool = false,
        mutedByModerator: MutedKinds = MutedKinds(), isReplica: Bool = false,
        layers: [PublishedLayer] = []
    ) {
        self.id = id
        self.userID = userID
        self.attributes = attributes
        self.isPublishing = isPublishing
        self.audioMuted = audioMuted
        self.videoStopped = videoStopped
        self.mutedByModerator = mutedByModerator
        self.isReplica = isReplica
        self.layers = layers
    }
}

/// A layer, or a single stream, that arrives from a publisher.
package struct PublishedLayer: Hashable, Sendable {
    /// Empty for a single stream.
    package var rid: String
    package var isVideo: Bool
    package var codec: String
    package var bitsPerSecond: Int64
    /// 0 when not known, and for sound.
    package var width: Int
    package var height: Int
    package var framesPerSecond: Double

    package init(
        rid: String, isVideo: Bool, codec: String, bitsPerSecond: Int64 = 0, width: Int = 0,
        height: Int = 0, framesPerSecond: Double = 0
    ) {
        self.rid = rid
        self.isVideo = isVideo
        self.codec = codec
        self.bitsPerSecond = bitsPerSecond
        self.width = width
        self.height = height
        self.framesPerSecond = framesPerSecond
    }

    /// Whether viewers should hear of the change from `other`: it is another layer or size, or a
    /// rate that changed by more than half. Rates move all the time; telling each step to everybody
    /// would be a broadcast every few seconds for nothing.
    func differsNotably(from other: PublishedLayer) -> Bool {
        rid != other.rid || isVideo != other.isVideo || codec != other.codec
            || width != other.width || height != other.height
            || isFar(Double(bitsPerSecond), from: Double(other.bitsPerSecond))
            || isFar(framesPerSecond, from: other.framesPerSecond)
    }
}

/// More than half as much again, or less than two thirds.
private func isFar(_ value: Double, from other: Double) -> Bool {
    max(value, other) > 1.5 * min(value, other)
}
