import Primitives
package import Storage

/// The settings of a storage that are secrets: written sealed, read opened.
///
/// A deployment has one master key. The first ``open(_:masterKey:)`` leaves a mark in the storage
/// that only that key opens, and from then on no other key is taken for it.
package struct Vault: Sendable {
    /// Where the mark stands, and what it says.
    private static let mark = (key: "master-key", text: "rostrum")
    /// Beginnings of the keys of settings that are secrets. Versions before the vault stored them
    /// plain.
    static let secretPrefixes = [
        AccessKeyDirectory.prefix, DeploymentSecrets.tokenKeyPrefix, DeploymentSecrets.pageKey,
    ]

    package let storage: any Storage
    package let box: SecretBox

    /// Whether the storage has been opened with a master key before, which is needed from then on.
    package static func isLocked(_ storage: any Storage) async throws(StorageError) -> Bool {
        try await storage.settings(prefix: mark.key)[mark.key] != nil
    }

    /// Opens the storage's secrets. The first time it seals those that earlier versions left plain.
    /// - Throws: ``VaultError``.
    package static func open(
        _ storage: any Storage, masterKey: MasterKey
    ) async throws(VaultError) -> Vault {
        let vault = Vault(storage: storage, box: SecretBox(masterKey: masterKey))
        let isRightKey: Bool
        do throws(StorageError) {
            if let text = try await storage.settings(prefix: mark.key)[mark.key] {
                isRightKey = (try? vault.box.open(text, at: mark.key).value) == mark.text
            } else {
                try await storage.apply(try await vault.sealing() + [vault.marking()])
                isRightKey = true
            }
        } catch {
            throw .storage(error)
        }
        guard isRightKey else { throw .wrongMasterKey }
        return vault
    }

    /// Seals everything under another master key, in one transaction. Whoever else has this vault
    /// open reads nothing from then on.
    package func reseal(under masterKey: MasterKey) async throws(StorageError) {
        let next = Vault(storage: storage, box: SecretBox(masterKey: masterKey))
        var changes = [next.marking()]
        for prefix in Self.secretPrefixes {
            for (key, value) in try await settings(prefix: prefix) {
                changes.append(next.put(value, at: key))
            }
        }
        for webhook in try await storage.webhooks() {
            changes.append(.putWebhook(try reseal(webhook, in: next)))
        }
        try await storage.apply(changes)
    }
}

extension Vault {
    /// The secrets whose keys start with `prefix`, opened.
    func settings(prefix: String) async throws(StorageError) -> [String: Redacted<String>] {
        var opened: [String: Redacted<String>] = [:]
        for (key, text) in try await storage.settings(prefix: prefix) {
            do throws(SecretBoxError) {
                opened[key] = try box.open(text, at: key)
            } catch {
                throw .engine("the setting \(key) cannot be read: \(error.explanation)")
            }
        }
        return opened
    }

    /// The secret under exactly this key.
    func setting(_ key: String) async throws(StorageError) -> Redacted<String>? {
        guard let text = try await storage.settings(prefix: key)[key] else { return nil }
        do throws(SecretBoxError) {
            return try box.open(text, at: key)
        } catch {
            throw .engine("the setting \(key) cannot be read: \(error.explanation)")
        }
    }

    private func reseal(
        _ webhook: WebhookRecord, in next: Vault
    ) throws(StorageError) -> WebhookRecord {
        let place = WebhookDirectory.place(of: webhook.id)
        var webhook = webhook
        do throws(SecretBoxError) {
            webhook.secret = next.box.seal(try box.open(webhook.secret, at: place), at: place)
        } catch {
            throw .engine(
                "the secret of webhook \(webhook.id) cannot be read: \(error.explanation)")
        }
        return webhook
    }

    /// The change that stores a secret.
    func put(_ secret: Redacted<String>, at key: String) -> StorageChange {
        .putSetting(key: key, value: box.seal(secret, at: key))
    }

    private func marking() -> StorageChange { put(Redacted(Self.mark.text), at: Self.mark.key) }

    /// What seals the secrets that are stored plain.
    private func sealing() async throws(StorageError) -> [StorageChange] {
        var changes: [StorageChange] = []
        for prefix in Self.secretPrefixes {
            for (key, text) in try await storage.settings(prefix: prefix)
            where !SecretBox.isSealed(text) {
                changes.append(put(Redacted(text), at: key))
            }
        }
        return changes
    }
}

/// Why a vault stays shut.
package enum VaultError: Error, Hashable, Sendable {
    /// The secrets were sealed under another master key.
    case wrongMasterKey
    case storage(StorageError)
}

extension SecretBoxError {
    fileprivate var explanation: String {
        switch self {
        case .notSealed: "it is not sealed"
        case .otherMasterKey: "it was sealed under another master key"
        case .damaged: "it was changed or moved"
        }
    }
}
