import Primitives
import StageAPI
import Storage

/// The access key that a deployment gets by itself: without one nobody could use its API.
enum FirstKey {
    /// Set once a server has started here, so that a deployment whose keys were all revoked is not
    /// handed a new one.
    private static let marker = "first-start"

    /// - Returns: the key, at the first start of a deployment that has none; `nil` otherwise.
    static func make(
        in storage: any Storage, keys: AccessKeyDirectory, now: WallTime
    ) async throws(StorageError) -> AccessKey? {
        guard try await storage.settings(prefix: marker)[marker] == nil else { return nil }
        let key = try await keys.list().isEmpty ? keys.create(at: now) : nil
        try await storage.apply([.putSetting(key: marker, value: now.description)])
        return key
    }
}
