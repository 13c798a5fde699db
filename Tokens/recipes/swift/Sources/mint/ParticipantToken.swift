import JWTKit

/// The claims of a participant token, under the names that they have in the token.
struct ParticipantToken: JWTPayload {
    struct Capabilities: Codable {
        /// `true` or absent.
        var allow_publish: Bool?
        var allow_subscribe: Bool?
    }

    /// Whole seconds since 1970.
    var exp: Int
    var iat: Int
    var jti: String
    var resource: String
    var topic: String
    var events_url: String
    var whip_url: String
    var user_id: String?
    var attributes: [String: String]?
    var capabilities: Capabilities
    var version = "1.0"

    /// Verifying is the server's work.
    func verify(using algorithm: some JWTAlgorithm) async throws {}
}
