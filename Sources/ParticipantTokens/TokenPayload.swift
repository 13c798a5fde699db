import JWTKit
import Primitives

/// The claims as they stand in the token. Unknown ones are ignored.
struct TokenPayload: JWTPayload, Equatable {
    /// A capability that is not granted is absent when we write, and may be `false` when we read.
    struct Capabilities: Codable, Equatable {
        var allowPublish: Bool?
        var allowSubscribe: Bool?

        enum CodingKeys: String, CodingKey {
            case allowPublish = "allow_publish"
            case allowSubscribe = "allow_subscribe"
        }
    }

    var exp: Int64
    var iat: Int64
    var jti: String
    var resource: String
    var topic: String
    var eventsURL: String
    var whipURL: String
    var userID: String?
    var attributes: [String: String]?
    var capabilities: Capabilities
    var version: String

    enum CodingKeys: String, CodingKey {
        case exp, iat, jti, resource, topic, attributes, capabilities, version
        case eventsURL = "events_url"
        case whipURL = "whip_url"
        case userID = "user_id"
    }

    /// Claims are checked by ``TokenAuthority``, which knows the time.
    func verify(using algorithm: some JWTAlgorithm) async throws {}
}

extension TokenPayload {
    init(_ claims: ParticipantClaims) {
        exp = claims.expiresAt.unixSeconds
        iat = claims.issuedAt.unixSeconds
        jti = claims.participant.rawValue
        resource = claims.stageARN
        topic = claims.stage.rawValue
        eventsURL = claims.eventsURL
        whipURL = claims.whipURL
        userID = claims.userID
        attributes = claims.attributes.isEmpty ? nil : claims.attributes
        capabilities = Capabilities(
            allowPublish: claims.capabilities.contains(.publish) ? true : nil,
            allowSubscribe: claims.capabilities.contains(.subscribe) ? true : nil)
        version = "1.0"
    }

    /// The claims when each is possible in itself; whether they hold now is asked elsewhere.
    func claims() throws(TokenViolation) -> ParticipantClaims {
        try check()
        return ParticipantClaims(
            participant: ParticipantID(jti), stage: StageID(topic), stageARN: resource,
            eventsURL: eventsURL, whipURL: whipURL, userID: userID,
            attributes: attributes ?? [:], capabilities: granted,
            issuedAt: WallTime(unixSeconds: iat), expiresAt: WallTime(unixSeconds: exp))
    }

    private var granted: Set<ParticipantClaims.Capability> {
        var granted: Set<ParticipantClaims.Capability> = []
        if capabilities.allowPublish == true { granted.insert(.publish) }
        if capabilities.allowSubscribe == true { granted.insert(.subscribe) }
        return granted
    }

    private func check() throws(TokenViolation) {
        // Far beyond any date that matters, and small enough to count in milliseconds.
        let possibleTimes: ClosedRange<Int64> = 0...(1 << 40)
        guard possibleTimes.contains(exp), possibleTimes.contains(iat) else {
            throw .malformed("exp and iat must be seconds since 1970")
        }
        guard exp > iat else { throw .malformed("exp is not after iat") }
        guard exp - iat <= Int64(TokenLimits.lifetime.seconds) else {
            throw .malformed("exp is more than 14 days after iat")
        }
        guard TokenLimits.participantID.contains(jti.utf8.count), jti.utf8.allSatisfy(isIDByte)
        else {
            throw .malformed("jti must be 1 to 64 characters of A-Z, a-z, 0-9, - and _")
        }
        guard !topic.isEmpty, resource.hasPrefix("arn:"), resource.hasSuffix(":stage/" + topic)
        else {
            throw .malformed("topic must be the part of resource that follows stage/")
        }
        guard !eventsURL.isEmpty, !whipURL.isEmpty else {
            throw .malformed("events_url and whip_url must be the stage's endpoints")
        }
        guard version == "1.0" else { throw .malformed("version must be 1.0") }
        guard TokenLimits.userID.contains((userID ?? "").unicodeScalars.count) else {
            throw .malformed("user_id is longer than 128 characters")
        }
        let attributeBytes = (attributes ?? [:]).reduce(0) {
            $0 + $1.key.utf8.count + $1.value.utf8.count
        }
        guard attributeBytes <= TokenLimits.attributeBytes else {
            throw .malformed("attributes are larger than 1 KB")
        }
    }

    private func isIDByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
