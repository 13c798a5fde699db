import Primitives
import Storage

/// A connection token that was revoked, and when.
struct RevokedConnectionToken: Sendable {
    /// The `jti` of the token.
    var id: String
    var at: WallTime

    /// How long a connection token can live: what is older needs no revocation.
    static let lifetime: Duration = .seconds(28 * 24 * 3600)
    static let prefix = "revoked-connection-token/"

    var change: StorageChange {
        .putSetting(key: Self.prefix + id, value: String(at.unixMilliseconds))
    }

    /// Removes those of the stored ones that are of no use any more.
    static func forgetting(
        _ settings: [String: String], at now: WallTime
    ) -> [StorageChange] {
        settings.compactMap { key, value in
            let time = WallTime(unixMilliseconds: Int64(value) ?? 0)
            return time + lifetime < now ? .removeSetting(key: key) : nil
        }
    }
}
