/// The kinds of messages to backends: the `detail-type` that webhooks select by.
package enum NotificationKind: String, Hashable, Sendable, CaseIterable {
    // As Amazon EventBridge has them for IVS.
    case stage = "IVS Stage Update"
    case composition = "IVS Composition State Change"
    // Ours. Kinds of their own, so that a backend that was written for IVS need not know them.
    case session = "Rostrum Session Update"
    case participant = "Rostrum Participant Update"
    /// Only where it is asked for: a viewer of twelve hosts makes twelve of each.
    case subscription = "Rostrum Subscription Update"
}

/// How a participant event is told.
struct NotificationWording: Hashable {
    var kind: NotificationKind
    /// The `event_name`.
    var name: String

    /// - Parameter event: as in ``Storage/ParticipantEventRecord/name``. One that is not known here
    ///   is told in its own words: `PARTICIPANT_MUTED` as `Participant Muted`.
    init(event: String) {
        switch event {
        case "PUBLISH_STARTED": self.init(.stage, "Participant Published")
        case "PUBLISH_STOPPED": self.init(.stage, "Participant Unpublished")
        case "PUBLISH_ERROR": self.init(.stage, "Participant Publish Error")
        case "REPLICATION_STARTED": self.init(.stage, "Participant Replication Started")
        case "REPLICATION_STOPPED": self.init(.stage, "Participant Replication Ended")
        case "JOINED": self.init(.participant, "Participant Joined")
        case "LEFT": self.init(.participant, "Participant Left")
        case "JOIN_ERROR": self.init(.participant, "Participant Join Error")
        case "SUBSCRIBE_STARTED": self.init(.subscription, "Subscribe Started")
        case "SUBSCRIBE_STOPPED": self.init(.subscription, "Subscribe Stopped")
        case "SUBSCRIBE_ERROR": self.init(.subscription, "Subscribe Error")
        default: self.init(.participant, Self.title(event))
        }
    }

    private init(_ kind: NotificationKind, _ name: String) {
        self.kind = kind
        self.name = name
    }

    private static func title(_ event: String) -> String {
        event.split(separator: "_").map { $0.prefix(1) + $0.dropFirst().lowercased() }
            .joined(separator: " ")
    }
}
