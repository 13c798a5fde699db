import ParticipantTokens
import Primitives
import Storage

/// A `ParticipantTokenConfiguration`: what a token is asked to say.
struct TokenRequest: Sendable {
    /// Minutes.
    var duration: Int64?
    var userID: String?
    var attributes: [String: String]?
    var capabilities: [ParticipantClaims.Capability]?

    init(reading input: InputReader) {
        duration = input.integer("duration")
        userID = input.string("userId")
        attributes = input.map("attributes")
        capabilities = input.enumerations("capabilities")
    }
}

extension ParticipantClaims.Capability: StringEnumeration {}

extension StageService {
    /// Mints what was asked for, as a `ParticipantToken`; what the request gave is echoed.
    func mint(_ request: TokenRequest, for stage: StageRecord) async throws(APIError) -> JSONValue {
        let claims = claims(request, for: stage)
        let token: String
        do throws(TokenMintingError) {
            token = try await tokens.mint(claims)
        } catch .tooLong(let bytes) {
            throw .validation(
                "The token would have \(bytes) bytes; use shorter attributes or user id.")
        } catch {
            throw internalError("minting a token", error)
        }
        return JSONValue(members: [
            "participantId": .string(claims.participant.rawValue), "token": .string(token),
            "expirationTime": .string(claims.expiresAt.description),
            "duration": request.duration.map(JSONValue.integer),
            "userId": request.userID.map(JSONValue.string),
            "attributes": request.attributes.map(JSONValue.init(_:)),
            "capabilities": request.capabilities.map {
                .array($0.map { .string($0.rawValue) })
            },
        ])
    }

    private func claims(_ request: TokenRequest, for stage: StageRecord) -> ParticipantClaims {
        var random = random
        let issuedAt = WallTime(unixSeconds: now().unixSeconds)
        let minutes = request.duration ?? APILimits.defaultTokenMinutes
        return ParticipantClaims(
            participant: .random(using: &random), stage: stage.id, stageARN: stage.arn,
            eventsURL: configuration.eventsURL, whipURL: configuration.whipURL,
            userID: request.userID, attributes: request.attributes ?? [:],
            capabilities: Set(request.capabilities ?? ParticipantClaims.Capability.allCases),
            issuedAt: issuedAt, expiresAt: issuedAt + .seconds(minutes * 60))
    }
}
