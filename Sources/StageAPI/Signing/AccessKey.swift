package import Primitives

/// An id and a secret that requests are signed with, and what such requests may do.
package struct AccessKey: Hashable, Sendable {
    package var id: String
    package var secret: Redacted<String>
    /// What its owner calls it; empty for none.
    package var name: String
    package var permission: AccessPermission

    package init(
        id: String, secret: Redacted<String>, name: String = "",
        permission: AccessPermission = .all
    ) {
        self.id = id
        self.secret = secret
        self.name = name
        self.permission = permission
    }
}

/// What an access key is good for. Each includes the one before.
package enum AccessPermission: String, Hashable, Sendable, CaseIterable {
    /// To look: every operation that gets or lists something.
    case read
    /// To let participants in and out: a backend that mints tokens for stages that others make.
    case tokens
    case all

    /// The least permission that an operation takes.
    /// - Parameter operation: as in `POST /<operation>`.
    static func needed(for operation: String) -> AccessPermission {
        if operation.hasPrefix("Get") || operation.hasPrefix("List") { return .read }
        return forParticipants.contains(operation) ? .tokens : .all
    }

    private static let forParticipants: Set<String> = [
        "CreateParticipantToken", "DisconnectParticipant",
    ]

    func includes(_ other: AccessPermission) -> Bool {
        switch (self, other) {
        case (.all, _), (.tokens, .tokens), (_, .read): true
        case (.read, .tokens), (.read, .all), (.tokens, .all): false
        }
    }
}

extension AccessKey {
    /// - Throws: `AccessDeniedException`, which names the permission that is missing.
    func authorize(_ operation: String) throws(APIError) {
        let needed = AccessPermission.needed(for: operation)
        guard !permission.includes(needed) else { return }
        throw .accessDenied(
            "The access key \(id) is not authorized to perform ivs:\(operation): it has the "
                + "permission '\(permission.rawValue)', and '\(needed.rawValue)' is needed.")
    }
}
