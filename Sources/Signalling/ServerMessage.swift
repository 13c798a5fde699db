package import Primitives

/// What the server says on the events socket, as text: `{"type": …, "payload": …}`.
package enum ServerMessage {
    /// The answer to a ping.
    package static let pong = #"{"type":"PONG"}"#

    private static func text(_ type: String, _ payload: JSONValue) -> String {
        JSONValue.members(("type", .string(type)), ("payload", payload)).encoded
    }

    /// What the slots of a whole-stage subscription carry now.
    package static func slots(_ resource: ResourceID, _ slots: [SlotReport]) -> String {
        let values = slots.map { slot in
            JSONValue.members(
                ("mid", .string(slot.mid)),
                ("participantId", slot.participant.map { .string($0.rawValue) } ?? .null),
                ("kind", .string(slot.kind.rawValue)), ("layer", .string(slot.layer)))
        }
        return text(
            "SLOTS",
            .members(("resource", .string(resource.rawValue)), ("slots", .array(values))))
    }

    /// The layer of a publisher that the viewer gets from now on, `null` while it is paused, and why.
    package static func layer(
        _ resource: ResourceID, of publisher: ParticipantID, layer: String?, reason: LayerReason
    ) -> String {
        text(
            "LAYER",
            .members(
                ("resource", .string(resource.rawValue)),
                ("participantId", .string(publisher.rawValue)),
                ("layer", layer.map { .string($0) } ?? .null),
                ("reason", .string(reason.rawValue))))
    }

    /// Which layers of its picture a host is to send from now on: all of them, each with what
    /// `RTCRtpEncodingParameters.active` is to be.
    package static func wantedLayers(_ resource: ResourceID, _ layers: [WantedLayer]) -> String {
        let values = layers.map { layer in
            JSONValue.members(
                ("rid", .string(layer.rid)), ("kind", .string(layer.kind.rawValue)),
                ("active", .bool(layer.isActive)))
        }
        return text(
            "WANTED_LAYERS",
            .members(("resource", .string(resource.rawValue)), ("layers", .array(values))))
    }

    /// Who has the floor, `null` before anybody spoke, and who speaks now.
    package static func speakers(active: ParticipantID?, speaking: [ParticipantID]) -> String {
        text(
            "SPEAKERS",
            .members(
                ("active", active.map { .string($0.rawValue) } ?? .null),
                ("speaking", .array(speaking.map { .string($0.rawValue) }))))
    }

    private static func milliseconds(_ duration: Duration?) -> JSONValue? {
        duration.map { .rounded($0.milliseconds) }
    }

    /// The legs of the latency budget that are known for one WHIP or WHEP session, its network's
    /// grade, and what is known of the hosts that a viewer watches. For a viewer also what they come to, and
    /// which one is to blame where that is too much.
    package static func quality(_ resource: ResourceID, _ quality: QualityReport) -> String {
        let legs = quality.isViewer ? quality.legs : LatencyLegs()
        let latency = JSONValue.members(
            ("hostToServerMs", milliseconds(quality.hostToServer)),
            ("serverMs", milliseconds(quality.serverMedian)),
            ("serverP99Ms", milliseconds(quality.serverP99)),
            ("pacerMs", milliseconds(quality.pacerMedian)),
            ("serverToViewerMs", milliseconds(quality.serverToViewer)),
            ("jitterBufferMs", milliseconds(quality.jitterBuffer)),
            ("totalMs", milliseconds(legs.total)),
            ("budgetMs", milliseconds(SignallingLimits.latencyBudget)),
            ("blame", legs.blame.map { .string($0.rawValue) }))
        return text(
            "QUALITY",
            .members(
                ("resource", .string(resource.rawValue)),
                ("networkQuality", quality.networkQuality.map(grade)), ("latency", latency),
                ("fractionLost", quality.fractionLost.map { .number(($0 * 1e4).rounded() / 1e4) }),
                ("publishers", quality.publishers.map { .array($0.map(publisher)) })))
    }

    /// How the stage's viewers keep to the latency budget, for those who publish.
    package static func budget(_ report: BudgetReport) -> String {
        let blame = LatencyLeg.allCases.compactMap { leg in
            report.blame[leg].map { JSONMember(leg.rawValue, .integer(Int64($0))) }
        }
        return text(
            "BUDGET",
            .members(
                ("viewers", .integer(Int64(report.viewers))),
                ("overBudget", .integer(Int64(report.overBudget))),
                ("medianMs", milliseconds(report.median)), ("p95Ms", milliseconds(report.p95)),
                ("budgetMs", milliseconds(SignallingLimits.latencyBudget)),
                ("framesPerSecond", report.framesPerSecond.map { .rounded($0) }),
                ("blame", .object(blame))))
    }

    private static func publisher(_ quality: PublisherQuality) -> JSONValue {
        .members(
            ("participantId", .string(quality.participant.rawValue)),
            ("hostToServerMs", quality.hostToServer.map { .rounded($0.milliseconds) }),
            ("networkQuality", quality.networkQuality.map(grade)))
    }

    private static func grade(_ quality: NetworkQuality) -> JSONValue {
        .integer(Int64(quality.rawValue))
    }

    /// Something was refused or ended; the socket stays open.
    /// - Parameters:
    ///   - code: a number of `StageErrorCode`, as on the media endpoints.
    ///   - name: what to tell errors apart by: `RESOLUTION_EXCEEDED`, `TOKEN_EXPIRED`, ….
    ///   - message: for a person: what was wrong and what to do.
    ///   - resource: the WHIP or WHEP session that ends now; `nil` when none does.
    ///   - request: the type of the message that this answers; `nil` when it answers none.
    package static func error(
        code: Int, name: String, message: String, resource: ResourceID? = nil,
        request: String? = nil
    ) -> String {
        text(
            "ERROR",
            .members(
                ("code", .integer(Int64(code))), ("name", .string(name)),
                ("message", .string(message)),
                ("resource", resource.map { .string($0.rawValue) }),
                ("request", request.map { .string($0) })))
    }

    /// The answer to `EXCHANGE_TOKEN`: what the participant is and may from now on.
    /// - Parameters:
    ///   - capabilities: `PUBLISH`, `SUBSCRIBE`. What needed a lost one has ended.
    ///   - expiresAt: ISO 8601.
    package static func tokenExchanged(
        capabilities: [String], userID: String, attributes: [String: String], expiresAt: String
    ) -> String {
        text(
            "TOKEN_EXCHANGED",
            .members(
                ("capabilities", .array(capabilities.map { .string($0) })),
                ("userId", .string(userID)), ("attributes", .map(attributes)),
                ("expiresAt", .string(expiresAt))))
    }

    /// The last message on a socket, before it is closed.
    /// - Parameter message: what the backend said about it, where it said anything.
    package static func disconnected(_ reason: DisconnectReason, message: String? = nil) -> String {
        text(
            "DISCONNECTED",
            .members(
                ("reason", .string(reason.rawValue)), ("message", message.map { .string($0) })))
    }
}

package enum DisconnectReason: String, Hashable, Sendable, CaseIterable {
    case participantDisconnected = "PARTICIPANT_DISCONNECTED"
    case stageDeleted = "STAGE_DELETED"
    case serverShutdown = "SERVER_SHUTDOWN"
    /// The participant opened more sockets than it may have.
    case displaced = "DISPLACED"
}

/// Why a viewer's layer changed.
package enum LayerReason: String, Hashable, Sendable, CaseIterable {
    /// The first one.
    case started = "STARTED"
    /// The viewer's network carries another one better.
    case network = "NETWORK"
    /// The viewer asked for it, shows it at another size, or paused it.
    case requested = "REQUESTED"
    /// The publisher's layers changed, or its picture is held back.
    case publisher = "PUBLISHER"
}

/// The legs that the server can see; `nil` for those that it cannot see yet.
package struct QualityReport: Hashable, Sendable {
    /// Of a viewer the longest of the hosts that it watches.
    package var hostToServer: Duration?
    package var serverMedian: Duration?
    package var serverP99: Duration?
    /// The part of `serverMedian` that packets are kept back on purpose.
    package var pacerMedian: Duration?
    package var serverToViewer: Duration?
    /// As the viewer says.
    package var jitterBuffer: Duration?
    /// 0...1.
    package var fractionLost: Double?
    /// Of the session's own network.
    package var networkQuality: NetworkQuality?
    /// The hosts that a viewer watches, in the order of their ids; `nil` for a host's own session.
    package var publishers: [PublisherQuality]?

    package init(
        hostToServer: Duration? = nil, serverMedian: Duration? = nil, serverP99: Duration? = nil,
        pacerMedian: Duration? = nil, serverToViewer: Duration? = nil,
        jitterBuffer: Duration? = nil, fractionLost: Double? = nil,
        networkQuality: NetworkQuality? = nil, publishers: [PublisherQuality]? = nil
    ) {
        self.hostToServer = hostToServer
        self.serverMedian = serverMedian
        self.serverP99 = serverP99
        self.pacerMedian = pacerMedian
        self.serverToViewer = serverToViewer
        self.jitterBuffer = jitterBuffer
        self.fractionLost = fractionLost
        self.networkQuality = networkQuality
        self.publishers = publishers
    }

    /// It is about what somebody watches.
    package var isViewer: Bool { publishers != nil }

    package var legs: LatencyLegs {
        LatencyLegs(
            hostToServer: hostToServer, server: serverMedian, serverToViewer: serverToViewer,
            jitterBuffer: jitterBuffer)
    }
}

/// What a viewer is told of a host that it watches; `nil` for what is not known yet.
package struct PublisherQuality: Hashable, Sendable {
    package var participant: ParticipantID
    package var hostToServer: Duration?
    package var networkQuality: NetworkQuality?

    package init(
        participant: ParticipantID, hostToServer: Duration? = nil,
        networkQuality: NetworkQuality? = nil
    ) {
        self.participant = participant
        self.hostToServer = hostToServer
        self.networkQuality = networkQuality
    }
}
