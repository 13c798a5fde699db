package enum TokenLimits {
    /// Bytes of a whole token: two URLs of at most 2,048, 1 KB of attributes and a user id, in
    /// base64, with room for JSON escapes.
    package static let tokenBytes = 8 * 1024
    /// Authentic tokens that are remembered: those of everybody on the largest stage, and a megabyte.
    package static let rememberedTokens = 10_000
    /// Headers of tokens that are remembered: one for each key, and what somebody makes up.
    package static let rememberedHeaders = 64
    /// `exp` may be at most this long after `iat`: 14 days, as for a self-signed token in IVS.
    package static let lifetime: Duration = .seconds(14 * 24 * 3600)
    /// How far the clocks of who signs and who verifies may differ.
    package static let leeway: Duration = .seconds(30)
    /// Characters of a participant id (`jti`).
    package static let participantID = 1...64
    /// Characters (Unicode scalars) of a user id.
    package static let userID = 0...128
    /// UTF-8 bytes of all attribute keys and values together.
    package static let attributeBytes = 1024
}
