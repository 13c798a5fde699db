import Crypto
package import ParticipantTokens
package import Primitives
package import Storage

/// What a deployment makes for itself at its first start and keeps, sealed, in its storage.
package struct DeploymentSecrets: Sendable {
    package let tokens: TokenAuthority
    package let pages: PageTokens

    static let tokenKeyPrefix = "token-key/"
    static let pageKey = "page-token-key"

    /// Loads the secrets, and makes those that are not there.
    /// - Throws: ``DeploymentSecretsError``.
    package static func load(
        from vault: Vault, configuration: ServiceConfiguration,
        random: RandomSource = .system, now: WallTime
    ) async throws(DeploymentSecretsError) -> DeploymentSecrets {
        do throws(StorageError) {
            let pages = try await pageTokens(vault, random)
            var keys = try await tokenKeys(vault)
            if keys.isEmpty {
                keys = [try await makeTokenKey(vault, configuration, random, now)]
            }
            keys += try await importedKeys(vault.storage)
            try await forgetOldRevocations(vault.storage, now)
            do throws(TokenMintingError) {
                return DeploymentSecrets(tokens: try await TokenAuthority(keys: keys), pages: pages)
            } catch {
                throw StorageError.engine("no usable token key: \(error)")
            }
        } catch {
            throw DeploymentSecretsError(cause: error)
        }
    }

    /// Makes the key that signs from now on; tokens of the older ones stay good.
    package static func rotateTokenKey(
        in vault: Vault, authority: TokenAuthority, configuration: ServiceConfiguration,
        random: RandomSource = .system, now: WallTime
    ) async throws(StorageError) -> TokenKey {
        let key = try await makeTokenKey(vault, configuration, random, now)
        await authority.add(key)
        return key
    }
}

/// The secrets could not be read or kept.
package struct DeploymentSecretsError: Error, Hashable, Sendable {
    package var cause: StorageError
}

extension DeploymentSecrets {
    private static func pageTokens(
        _ vault: Vault, _ random: RandomSource
    ) async throws(StorageError) -> PageTokens {
        if let text = try await vault.setting(pageKey),
            let key = bytes(base64URL: text.value)
        {
            return PageTokens(key: Redacted(key))
        }
        var random = random
        let key = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        try await vault.storage.apply([vault.put(Redacted(base64URL(key)), at: pageKey)])
        return PageTokens(key: Redacted(key))
    }

    private static func tokenKeys(_ vault: Vault) async throws(StorageError) -> [TokenKey] {
        var keys: [TokenKey] = []
        for (setting, text) in try await vault.settings(prefix: tokenKeyPrefix) {
            guard let value = try? JSONReader.read(Array(text.value.utf8)),
                case .string(let arn) = value["kid"], case .string(let pem) = value["pem"],
                case .integer(let createdAt) = value["createdAt"],
                let key = try? TokenKey(
                    id: arn, createdAt: WallTime(unixMilliseconds: createdAt),
                    privatePEM: Redacted(pem))
            else { throw .engine("the setting \(setting) is not a token key") }
            keys.append(key)
        }
        return keys
    }

    /// The public keys that backends sign tokens with.
    private static func importedKeys(_ storage: any Storage) async throws(StorageError)
        -> [TokenKey]
    {
        var keys: [TokenKey] = []
        var cursor: Int64?
        while true {
            let page = try await storage.resources(
                ResourceQuery(kind: .publicKey), after: cursor, limit: 100)
            for record in page {
                guard let key = TokenKey(imported: record) else {
                    throw .engine("the public key \(record.arn) is not one")
                }
                keys.append(key)
            }
            guard let last = page.last else { return keys }
            cursor = last.position
        }
    }

    private static func forgetOldRevocations(
        _ storage: any Storage, _ now: WallTime
    ) async throws(StorageError) {
        let settings = try await storage.settings(prefix: RevokedConnectionToken.prefix)
        let changes = RevokedConnectionToken.forgetting(settings, at: now)
        if !changes.isEmpty { try await storage.apply(changes) }
    }

    private static func makeTokenKey(
        _ vault: Vault, _ configuration: ServiceConfiguration, _ random: RandomSource,
        _ now: WallTime
    ) async throws(StorageError) -> TokenKey {
        var random = random
        let id = randomBase62(count: 12, using: &random)
        let key = TokenKey.generate(id: configuration.arn("public-key", id), at: now)
        let value = JSONValue(members: [
            "kid": .string(key.id), "createdAt": .integer(now.unixMilliseconds),
            "pem": key.privatePEM.map { .string($0.value) },
        ])
        try await vault.storage.apply([
            vault.put(Redacted(value.text), at: tokenKeyPrefix + id)
        ])
        return key
    }
}
