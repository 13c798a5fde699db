package import Primitives
import Signalling
import Stages

/// The numbers of the error codes that clients know (`StageErrorCode`).
private enum Code {
    static let tokenMalformed = 1
    static let tokenExpired = 2
    /// Whatever has no number of its own.
    static let failed = 4
    static let stageAtCapacity = 6
    static let codecMismatch = 7
    static let tokenNotAllowed = 8
    static let stageDeleted = 9
    static let participantDisconnected = 10
}

// The one table of the refusals on the media endpoints and the events socket.
extension SignallingError {
    package static let missingToken = SignallingError(
        status: 401, code: Code.tokenMalformed, name: "TOKEN_MISSING",
        message: "Send the participant token: \"Authorization: Bearer <token>\", or on the events "
            + "socket as the only subprotocol.")

    package static func tokenMalformed(_ detail: String) -> SignallingError {
        SignallingError(
            status: 401, code: Code.tokenMalformed, name: "TOKEN_MALFORMED",
            message: "The participant token is not valid: \(detail). Get a new one from "
                + "CreateParticipantToken, or sign one with an imported key.")
    }

    package static func tokenExpired(at time: WallTime) -> SignallingError {
        SignallingError(
            status: 401, code: Code.tokenExpired, name: "TOKEN_EXPIRED",
            message: "The participant token expired at \(time). Get a new one from "
                + "CreateParticipantToken.")
    }

    package static func tokenNotAllowed(_ detail: String) -> SignallingError {
        SignallingError(
            status: 403, code: Code.tokenNotAllowed, name: "TOKEN_NOT_ALLOWED", message: detail)
    }

    package static let participantDisconnected = SignallingError(
        status: 403, code: Code.participantDisconnected, name: "PARTICIPANT_DISCONNECTED",
        message:
            "This participant was disconnected by the application, and its token is of no more "
            + "use. Joining again takes a new token.")

    package static let stageDeleted = SignallingError(
        status: 404, code: Code.stageDeleted, name: "STAGE_DELETED",
        message: "There is no such stage any more. Create a stage, and a token for it.")

    package static func stageAtCapacity(_ detail: String) -> SignallingError {
        SignallingError(
            status: 403, code: Code.stageAtCapacity, name: "STAGE_AT_CAPACITY", message: detail)
    }

    package static func publisherNotFound(_ publisher: ParticipantID) -> SignallingError {
        SignallingError(
            status: 404, code: Code.failed, name: "PUBLISHER_NOT_FOUND",
            message: "Participant \(publisher) does not publish on this stage. Subscribe when "
                + "STAGE_STATE lists it with isPublishing.")
    }

    package static func resourceNotFound(_ resource: ResourceID) -> SignallingError {
        SignallingError(
            status: 404, code: Code.failed, name: "RESOURCE_NOT_FOUND",
            message:
                "There is no session \(resource); it may have ended. Begin a new one with a POST.")
    }

    package static func codecMismatch(offered: [String], supported: [String]) -> SignallingError {
        SignallingError(
            status: 422, code: Code.codecMismatch, name: "CODEC_MISMATCH",
            message: "The offer has \(offered.joined(separator: ", ")), and needed is one of "
                + "\(supported.joined(separator: ", ")).")
    }

    package static func unusableOffer(_ detail: String) -> SignallingError {
        SignallingError(
            status: 422, code: Code.codecMismatch, name: "OFFER_UNUSABLE",
            message: "The SDP offer cannot be used: \(detail)")
    }

    /// A trickle fragment, not an offer.
    package static func unusableFragment(_ detail: String) -> SignallingError {
        SignallingError(
            status: 422, code: Code.failed, name: "FRAGMENT_UNUSABLE",
            message: "The SDP fragment cannot be used: \(detail)")
    }

    package static let preconditionRequired = SignallingError(
        status: 428, code: Code.failed, name: "PRECONDITION_REQUIRED",
        message: "A PATCH needs the header If-Match with the ETag of the session, or \"*\" for an "
            + "ICE restart.")

    package static let preconditionFailed = SignallingError(
        status: 412, code: Code.failed, name: "PRECONDITION_FAILED",
        message:
            "The ETag in If-Match is of an ICE session that was restarted since. Use the newest.")

    package static func bodyTooLarge(limit: Int) -> SignallingError {
        SignallingError(
            status: 413, code: Code.failed, name: "BODY_TOO_LARGE",
            message: "The body may have at most \(limit) bytes.")
    }

    package static func wrongContentType(expected: String) -> SignallingError {
        SignallingError(
            status: 415, code: Code.failed, name: "UNSUPPORTED_MEDIA_TYPE",
            message: "Send the body as Content-Type: \(expected).")
    }

    /// Of a message on the events socket.
    package static func unusableMessage(_ detail: String) -> SignallingError {
        SignallingError(
            status: 400, code: Code.failed, name: "UNUSABLE_MESSAGE", message: detail)
    }

    package static let tooManyRequests = SignallingError(
        status: 429, code: Code.failed, name: "TOO_MANY_REQUESTS",
        message: "This participant opens sessions too fast. Wait ten seconds.")

    package static func unavailable(_ detail: String) -> SignallingError {
        SignallingError(status: 503, code: Code.failed, name: "UNAVAILABLE", message: detail)
    }

    package static let internalFailure = SignallingError(
        status: 500, code: Code.failed, name: "INTERNAL",
        message: "The server could not read or write its records. Try again; its log says more.")
}

extension SignallingError {
    init(_ refusal: StageRefusal, wanted: String) {
        switch refusal {
        case .participantDisconnected: self = .participantDisconnected
        case .stageDeleted: self = .stageDeleted
        case .insufficientCapabilities:
            self = .tokenNotAllowed("The token does not carry the capability \(wanted).")
        case .publishersAtCapacity(let limit):
            self = .stageAtCapacity(
                "\(limit) participants publish on this stage already, as many as may. "
                    + "Try again when one has stopped.")
        case .subscribersAtCapacity(let limit):
            self = .stageAtCapacity(
                "\(limit) participants are subscribed on this stage already, as many as may.")
        case .participantsAtCapacity(let limit):
            self = .stageAtCapacity(
                "\(limit) participants are on this stage already, as many as may.")
        case .publisherQuota(let limit):
            self = .stageAtCapacity(
                "\(limit) participants publish on this server already, as many as may. "
                    + "Try again when one has stopped.")
        case .subscriptionQuota(let limit):
            self = .stageAtCapacity(
                "There are \(limit) subscriptions on this server already, as many as may be.")
        case .tooManySubscriptions(let limit):
            self = .stageAtCapacity(
                "This participant has \(limit) subscriptions already, as many as it may. "
                    + "End one, or subscribe to the whole stage in one session.")
        case .publisherNotFound(let publisher): self = .publisherNotFound(publisher)
        case .tooManyRequests: self = .tooManyRequests
        case .presentAsReplica:
            self = .tokenNotAllowed(
                "The participant is on this stage as a replica of a publisher of another one.")
        case .resourceGone:
            self = .unavailable("The session ended while it was being set up. Try again.")
        }
    }

    /// Why a media session ends while its participant stays. Has no HTTP answer; the status is what
    /// one would have.
    init(_ intervention: StageIntervention) {
        func ended(_ name: String, _ message: String) -> SignallingError {
            SignallingError(status: 403, code: Code.failed, name: name, message: message)
        }
        switch intervention {
        case .resolutionExceeded(let side, let limit):
            self = ended(
                "RESOLUTION_EXCEEDED",
                "The picture is \(side) pixels on its shorter side, and may have \(limit). "
                    + "Publish again with a smaller one.")
        case .bitrateExceeded(let rate, let limit):
            self = ended(
                "BITRATE_EXCEEDED",
                "All layers together take \(rate) bits a second, and may take \(limit). "
                    + "Publish again with a lower bitrate.")
        case .durationExceeded(let limit):
            self = ended(
                "STREAM_DURATION_EXCEEDED",
                "The session has lasted for \(limit.components.seconds / 3600) hours, as long as "
                    + "one may. Begin a new one.")
        case .unpublished(let reason):
            self = ended(
                "UNPUBLISHED",
                reason.isEmpty ? "The application ended what you published." : reason)
        }
    }

    init(_ rejection: MediaRejection, of resource: ResourceID) {
        switch rejection {
        case .malformedOffer(let detail): self = .unusableOffer(detail)
        case .noCommonCodec(let offered, let supported):
            self = .codecMismatch(offered: offered, supported: supported)
        case .noSuchPublisher(let publisher): self = .publisherNotFound(publisher)
        case .noSuchResource: self = .resourceNotFound(resource)
        case .unavailable(let detail): self = .unavailable(detail)
        }
    }
}

extension MediaRejection {
    /// How a refused offer is recorded among the participant's events.
    var errorCode: StageEvent.ErrorCode {
        switch self {
        case .malformedOffer: .invalidInput
        case .noCommonCodec(let offered, let supported):
            (offered + supported).allSatisfy(isAudioCodec) ? .invalidAudioCodec : .invalidVideoCodec
        case .noSuchPublisher: .publisherNotFound
        case .noSuchResource, .unavailable: .internalServerException
        }
    }
}

/// Whether an encoding name of RTP is one of sound.
private func isAudioCodec(_ name: String) -> Bool {
    let encoding = name.lowercased().prefix { $0 != "/" && $0 != " " }
    return [
        "opus", "red", "pcmu", "pcma", "g722", "cn", "telephone-event", "mp4a-latm", "isac", "ilbc",
    ].contains(String(encoding))
}
