import Crypto
import Primitives

/// The access keys that were used lately, with what is derived from them. Bounded by
/// ``APILimits/cachedSigners``: only keys that there are get in, and when there are more of them than
/// that, the table starts afresh.
struct SignerTable {
    private struct Entry {
        var key: AccessKey
        var readAt: WallTime
        /// Two days at midnight, for each name of the service.
        var signingKeys: [SignatureScope: SymmetricKey] = [:]
        var useNotedAt: WallTime?
    }

    private var entries: [String: Entry] = [:]

    /// What is known of a key and is not too old.
    mutating func signer(
        _ id: String, _ scope: SignatureScope, at now: WallTime
    ) -> AccessKeyDirectory.Signer? {
        // A clock that was set back makes everything old.
        guard let entry = entries[id],
            (.zero..<APILimits.accessKeyLife).contains(now - entry.readAt)
        else { return nil }
        return signer(entry, scope)
    }

    /// Takes a key as it was read now.
    mutating func put(
        _ key: AccessKey, _ scope: SignatureScope, at now: WallTime
    ) -> AccessKeyDirectory.Signer {
        var entry = entries[key.id] ?? Entry(key: key, readAt: now)
        if entry.key.secret != key.secret { entry.signingKeys = [:] }
        entry.key = key
        entry.readAt = now
        if entries[key.id] == nil, entries.count >= APILimits.cachedSigners { entries = [:] }
        entries[key.id] = entry
        return signer(entry, scope)
    }

    private mutating func signer(
        _ entry: Entry, _ scope: SignatureScope
    ) -> AccessKeyDirectory.Signer {
        if let signingKey = entry.signingKeys[scope] {
            return AccessKeyDirectory.Signer(key: entry.key, signingKey: signingKey)
        }
        let signingKey = scope.signingKey(entry.key.secret)
        if entry.signingKeys.count >= APILimits.cachedScopes {
            entries[entry.key.id]?.signingKeys = [:]
        }
        entries[entry.key.id]?.signingKeys[scope] = signingKey
        return AccessKeyDirectory.Signer(key: entry.key, signingKey: signingKey)
    }

    mutating func forget(_ id: String) { entries[id] = nil }

    /// Whether the key's last use is to be written again; counts as written when it is.
    mutating func isUseDue(_ id: String, at now: WallTime) -> Bool {
        guard let entry = entries[id] else { return false }
        if let noted = entry.useNotedAt,
            (.zero..<APILimits.accessKeyUseInterval).contains(now - noted)
        {
            return false
        }
        entries[id]?.useNotedAt = now
        return true
    }
}
