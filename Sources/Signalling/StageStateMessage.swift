package import Primitives

/// A participant in a `STAGE_STATE`.
package struct StageStateParticipant: Hashable, Sendable {
    package struct Layer: Hashable, Sendable {
        package var rid: String
        package var kind: MediaKind
        package var codec: String
        package var bitsPerSecond: Int64
        package var width: Int
        package var height: Int
        package var framesPerSecond: Double

        package init(
            rid: String, kind: MediaKind, codec: String, bitsPerSecond: Int64 = 0, width: Int = 0,
            height: Int = 0, framesPerSecond: Double = 0
        ) {
            self.rid = rid
            self.kind = kind
            self.codec = codec
            self.bitsPerSecond = bitsPerSecond
            self.width = width
            self.height = height
            self.framesPerSecond = framesPerSecond
        }
    }

    package var id: ParticipantID
    package var userID: String
    package var attributes: [String: String]
    package var isPublishing: Bool
    /// By the participant itself or by the backend.
    package var audioMuted: Bool
    package var videoStopped: Bool
    /// The kinds that the backend has muted: the server does not pass them on, whatever the
    /// participant sends.
    package var mutedByModerator: [MediaKind]
    /// It publishes on another stage, and is seen here too.
    package var isReplica: Bool
    /// Best first.
    package var layers: [Layer]

    package init(
        id: ParticipantID, userID: String = "", attributes: [String: String] = [:],
        isPublishing: Bool = false, audioMuted: Bool = false, videoStopped: Bool = false,
        mutedByModerator: [MediaKind] = [], isReplica: Bool = false, layers: [Layer] = []
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

    /// The participant as the message has it. `mutedByModerator` is left out when it is empty, and
    /// `replica` when it is false.
    package var encoded: String {
        let moderated = JSONValue.array(mutedByModerator.map { .string($0.rawValue) })
        return JSONValue.members(
            ("id", .string(id.rawValue)), ("userId", .string(userID)),
            ("attributes", .map(attributes)), ("isPublishing", .bool(isPublishing)),
            ("audioMuted", .bool(audioMuted)), ("videoStopped", .bool(videoStopped)),
            ("mutedByModerator", mutedByModerator.isEmpty ? nil : moderated),
            ("replica", isReplica ? .bool(true) : nil),
            ("layers", .array(layers.map(\.json)))
        ).encoded
    }
}

extension StageStateParticipant.Layer {
    /// What is not known is left out.
    fileprivate var json: JSONValue {
        .members(
            ("rid", .string(rid)), ("kind", .string(kind.rawValue)), ("codec", .string(codec)),
            ("bitsPerSecond", .integer(bitsPerSecond)),
            ("width", width > 0 ? .integer(Int64(width)) : nil),
            ("height", height > 0 ? .integer(Int64(height)) : nil),
            ("framesPerSecond", framesPerSecond > 0 ? .rounded(framesPerSecond) : nil))
    }
}

/// A `STAGE_STATE`, encoded once for the whole stage. What differs from receiver to receiver, the
/// receiver itself where it does not publish, is appended.
package struct StageStateMessage: Hashable, Sendable {
    /// The text up to the end of the last publisher.
    private let head: String
    private let isEmpty: Bool
    private let publishers: Set<ParticipantID>
    /// For everybody who is listed.
    private let whole: String
    private static let tail = "]}}"

    package init(stage: StageID, publishers: [StageStateParticipant]) {
        let stageID = JSONValue.string(stage.rawValue).encoded
        head =
            #"{"type":"STAGE_STATE","payload":{"stageId":"# + stageID + #","participants":["#
            + publishers.map(\.encoded).joined(separator: ",")
        isEmpty = publishers.isEmpty
        self.publishers = Set(publishers.map(\.id))
        whole = head + Self.tail
    }

    package func lists(_ participant: ParticipantID) -> Bool { publishers.contains(participant) }

    /// The text for one receiver.
    /// - Parameter own: the receiver's ``StageStateParticipant/encoded``, made once per receiver.
    package func text(for receiver: ParticipantID, own: String) -> String {
        publishers.contains(receiver) ? whole : head + (isEmpty ? "" : ",") + own + Self.tail
    }
}
