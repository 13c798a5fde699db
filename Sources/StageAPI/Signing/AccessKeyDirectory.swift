import Crypto
package import Primitives
package import Storage
import Synchronization

/// The access keys of a deployment: those in its storage, and at most one that was given.
///
/// Keys are read from the storage when they are first used and once a second
/// (``APILimits/accessKeyLife``) while they are: what another process makes counts at once, and what
/// it revokes is refused within that second.
package final class AccessKeyDirectory: Sendable {
    /// A key without its secret.
    package struct Entry: Hashable, Sendable {
        package var id: String
        package var name: String
        package var permission: AccessPermission
        package var createdAt: WallTime
        /// Up to a minute earlier than it was (``APILimits/accessKeyUseInterval``); `nil` when it
        /// has not been used yet.
        package var lastUsedAt: WallTime?

        package init(
            id: String, name: String, permission: AccessPermission, createdAt: WallTime,
            lastUsedAt: WallTime? = nil
        ) {
            self.id = id
            self.name = name
            self.permission = permission
            self.createdAt = createdAt
            self.lastUsedAt = lastUsedAt
        }
    }

    static let prefix = "access-key/"
    private static let usePrefix = "access-key-use/"
    /// The letters of AWS's key ids (RFC 4648 base32).
    private static let idLetters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")

    private let vault: Vault
    private let fixed: AccessKey?
    private let signers = Mutex(SignerTable())
    private let uses: AsyncStream<AccessKeyUse>
    private let noted: AsyncStream<AccessKeyUse>.Continuation

    /// - Parameter fixed: a key that is always good, as `--dev` has one.
    package init(vault: Vault, fixed: AccessKey? = nil) {
        self.vault = vault
        self.fixed = fixed
        // What does not fit is noted again after a minute.
        (uses, noted) = AsyncStream.makeStream(
            bufferingPolicy: .bufferingNewest(APILimits.cachedSigners))
    }

    /// Makes and stores a key: `RSTR` and 16 letters, with a secret of 40 (238 random bits).
    package func create(
        name: String = "", permission: AccessPermission = .all, at now: WallTime,
        random: RandomSource = .system
    ) async throws(StorageError) -> AccessKey {
        var random = random
        let letters = (0..<16).map { _ in Self.idLetters.randomElement(using: &random)! }
        let secret = randomBase62(count: 40, using: &random)
        let key = AccessKey(
            id: "RSTR" + String(letters), secret: Redacted(secret), name: name,
            permission: permission)
        let stored = StoredAccessKey(key, createdAt: now)
        try await vault.storage.apply([vault.put(stored.text, at: Self.prefix + key.id)])
        return key
    }

    /// The stored keys, oldest first.
    package func list() async throws(StorageError) -> [Entry] {
        let uses = try await vault.storage.settings(prefix: Self.usePrefix)
        return try await vault.settings(prefix: Self.prefix).compactMap { setting -> Entry? in
            let id = String(setting.key.dropFirst(Self.prefix.count))
            guard let stored = StoredAccessKey(setting.value, id: id) else { return nil }
            return Entry(
                id: id, name: stored.key.name, permission: stored.key.permission,
                createdAt: stored.createdAt,
                lastUsedAt: uses[Self.usePrefix + id].flatMap { Int64($0) }
                    .map { WallTime(unixMilliseconds: $0) })
        }.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
    }

    /// Forgets a key: what it signs is refused, here from now on, and by other processes within a
    /// second.
    /// - Returns: whether there was one.
    package func revoke(_ id: String) async throws(StorageError) -> Bool {
        let setting = Self.prefix + id
        guard try await vault.storage.settings(prefix: setting)[setting] != nil else {
            return false
        }
        try await vault.storage.apply([
            .removeSetting(key: setting), .removeSetting(key: Self.usePrefix + id),
        ])
        signers.withLock { $0.forget(id) }
        return true
    }

    /// The key as it is stored now.
    package func key(_ id: String) async throws(StorageError) -> AccessKey? {
        if let fixed, fixed.id == id { return fixed }
        guard APILimits.accessKeyIDLength.contains(id.utf8.count),
            id.utf8.allSatisfy(isASCIIAlphanumeric),
            let text = try await vault.setting(Self.prefix + id)
        else { return nil }
        return StoredAccessKey(text, id: id)?.key
    }
}

// MARK: - Verifying

extension AccessKeyDirectory {
    /// A key with what signatures of one scope are made with.
    struct Signer: Sendable {
        var key: AccessKey
        var signingKey: SymmetricKey
    }

    /// The key, at most a second old, with its signing key for a scope. Both are cached, so that a
    /// request costs no read and no derivation.
    /// - Returns: `nil` when there is no such key.
    func signer(
        _ id: String, _ scope: SignatureScope, at now: WallTime
    ) async throws(StorageError) -> Signer? {
        if let signer = signers.withLock({ $0.signer(id, scope, at: now) }) { return signer }
        guard let key = try await key(id) else {
            signers.withLock { $0.forget(id) }
            return nil
        }
        return signers.withLock { $0.put(key, scope, at: now) }
    }

    /// Notes that a signature of the key was right.
    func noteUse(of id: String, at now: WallTime) {
        guard fixed?.id != id, signers.withLock({ $0.isUseDue(id, at: now) }) else { return }
        noted.yield(AccessKeyUse(id: id, time: now))
    }

    /// Writes when keys were last used, beside the requests that use them, at most once a minute for
    /// each key; until ``endRecordingUses()``, and what was noted before that is written. To be run
    /// once.
    /// - Parameter onError: told of each write that failed.
    package func recordUses(onError: @Sendable (StorageError) -> Void) async {
        for await use in uses {
            do throws(StorageError) {
                try await vault.storage.apply([
                    .putSetting(
                        key: Self.usePrefix + use.id, value: String(use.time.unixMilliseconds))
                ])
            } catch {
                onError(error)
            }
        }
    }
}

extension AccessKeyDirectory {
    /// From now on uses are not noted any more.
    package func endRecordingUses() { noted.finish() }
}

private struct AccessKeyUse: Sendable {
    var id: String
    var time: WallTime
}
