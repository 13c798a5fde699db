import Primitives

/// An access key as its setting says it, once opened.
struct StoredAccessKey {
    var key: AccessKey
    var createdAt: WallTime

    init(_ key: AccessKey, createdAt: WallTime) {
        self.key = key
        self.createdAt = createdAt
    }

    /// - Returns: `nil` when the text was not written by us.
    init?(_ text: Redacted<String>, id: String) {
        guard let value = try? JSONReader.read(Array(text.value.utf8)),
            case .string(let secret) = value["secret"],
            case .integer(let createdAt) = value["createdAt"],
            let permission = Self.permission(value["permission"])
        else { return nil }
        var name = ""
        if case .string(let text) = value["name"] { name = text }
        key = AccessKey(id: id, secret: Redacted(secret), name: name, permission: permission)
        self.createdAt = WallTime(unixMilliseconds: createdAt)
    }

    /// Keys of before there were permissions have none written, and may do everything.
    private static func permission(_ value: JSONValue?) -> AccessPermission? {
        guard let value else { return .all }
        guard case .string(let text) = value else { return nil }
        return AccessPermission(rawValue: text)
    }

    var text: Redacted<String> {
        let value: JSONValue = [
            "secret": .string(key.secret.value), "createdAt": .integer(createdAt.unixMilliseconds),
            "name": .string(key.name), "permission": .string(key.permission.rawValue),
        ]
        return Redacted(value.text)
    }
}
