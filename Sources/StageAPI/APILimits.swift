/// Bounds of the API, as IVS has them where it says so.
package enum APILimits {
    /// Bytes of a request body.
    package static let bodyBytes = 1 << 20
    /// How deep JSON may be nested: three times what the deepest shape needs.
    static let jsonDepth = 32
    static let tokensPerCreateStage = 12
    /// Characters of an imported public key in PEM; a P-384 key takes 215.
    static let publicKeyLength = 4_096
    static let tagsPerResource = 50
    static let attributeBytes = 1_024
    /// Constraint violations that one answer lists.
    static let reportedViolations = 20
    static let pageSize = 1...100
    static let defaultPageSize = 50
    /// Characters of a pagination token.
    static let pageTokenLength = 0...1_024
    /// Characters of an access key id, as AWS has it; shorter ones can only be fixed ones.
    static let accessKeyIDLength = 16...128
    /// How far `x-amz-date` may be from our clock.
    static let signatureSkew: Duration = .seconds(15 * 60)
    /// Minutes that a token lives when the request says nothing.
    static let defaultTokenMinutes: Int64 = 720

    /// How long an access key is believed that was read from the storage: within this time after
    /// another process revoked it, its signatures are refused here.
    static let accessKeyLife: Duration = .seconds(1)
    /// How often the last use of an access key is written while it is in use.
    static let accessKeyUseInterval: Duration = .seconds(60)
    /// Access keys that are kept at hand.
    static let cachedSigners = 1_024
    /// Scopes of each that have their signing keys kept.
    static let cachedScopes = 8
    /// Calls a second that a rate may be set to.
    package static let apiRate = 1...100_000
    /// Pairs of access key and operation whose calls are counted at one time.
    static let rateBuckets = 10_000
    /// Stages that are kept at hand for minting tokens, and for how long.
    static let cachedStages = 1_024
    static let cachedStageLife: Duration = .seconds(1)
}
