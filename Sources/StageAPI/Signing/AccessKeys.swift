package import Primitives
package import Storage

/// An id and a secret that requests are signed with.
package struct AccessKey: Hashable, Sendable {
    package var id: String
    /// Stored as it is: Signature V4 is a MAC, and verifying it takes the secret itself.
    package var secret: Redacted<String>

    package init(id: String, secret: Redacted<String>) {
        self.id = id
        self.secret = secret
    }
}

/// The access keys of a deployment: those in its storage, and at most one that was given.
package struct AccessKeyDirectory: Sendable {
    /// A key without its secret.
    package struct Entry: Hashable, Sendable {
        package var id: String
        package var createdAt: WallTime
    }

    private static let prefix = "access-key/"
    /// The letters of AWS's key ids (RFC 4648 base32).
    private static let idLetters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")

    private let storage: any Storage
    private let fixed: AccessKey?

    /// - Parameter fixed: a key that is always good, as `--dev` has one.
    package init(storage: any Storage, fixed: AccessKey? = nil) {
        self.storage = storage
        self.fixed = fixed
    }

    /// Makes and stores a key: `RSTR` and 16 letters, with a secret of 40 (238 random bits).
    package func create(
        at now: WallTime, random: RandomSource = .system
    ) async throws(StorageError) -> AccessKey {
        var random = random
        let letters = (0..<16).map { _ in Self.idLetters.randomElement(using: &random)! }
        let secret = randomBase62(count: 40, using: &random)
        let key = AccessKey(id: "RSTR" + String(letters), secret: Redacted(secret))
        let value: JSONValue = [
            "secret": .string(secret), "createdAt": .integer(now.unixMilliseconds),
        ]
        try await storage.apply([.putSetting(key: Self.prefix + key.id, value: value.text)])
        return key
    }

    /// The stored keys, oldest first.
    package func list() async throws(StorageError) -> [Entry] {
        try await storage.settings(prefix: Self.prefix).compactMap { setting -> Entry? in
            guard let value = Self.parse(setting.value) else { return nil }
            return Entry(
                id: String(setting.key.dropFirst(Self.prefix.count)), createdAt: value.createdAt)
        }.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
    }

    /// Forgets a key: what it signs is refused from now on.
    /// - Returns: whether there was one.
    package func revoke(_ id: String) async throws(StorageError) -> Bool {
        let setting = Self.prefix + id
        guard try await storage.settings(prefix: setting)[setting] != nil else { return false }
        try await storage.apply([.removeSetting(key: setting)])
        return true
    }

    /// Read from the storage each time, so that a key that another process makes or revokes counts
    /// at once.
    package func key(_ id: String) async throws(StorageError) -> AccessKey? {
        if let fixed, fixed.id == id { return fixed }
        guard APILimits.accessKeyIDLength.contains(id.utf8.count),
            id.utf8.allSatisfy(isASCIIAlphanumeric)
        else { return nil }
        let setting = Self.prefix + id
        guard let value = try await storage.settings(prefix: setting)[setting] else { return nil }
        return Self.parse(value).map { AccessKey(id: id, secret: $0.secret) }
    }

    private static func parse(
        _ text: String
    ) -> (secret: Redacted<String>, createdAt: WallTime)? {
        guard let value = try? JSONReader.read(Array(text.utf8)),
            case .string(let secret) = value["secret"],
            case .integer(let createdAt) = value["createdAt"]
        else { return nil }
        return (Redacted(secret), WallTime(unixMilliseconds: createdAt))
    }
}
