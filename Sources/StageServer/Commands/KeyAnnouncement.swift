import Primitives
package import StageAPI

/// How a new access key is told to whoever made it: once.
package struct KeyAnnouncement: Sendable {
    private let key: AccessKey

    package init(_ key: AccessKey) {
        self.key = key
    }

    /// The key, and how a client gets to use it.
    package var text: String {
        """
        access key id      \(key.id)
        secret access key  \(key.secret.value)

        The secret is not shown again. To use it: aws configure set aws_access_key_id \(key.id)
        and: aws configure set aws_secret_access_key \(key.secret.value)
        """
    }

    /// The same in one line, for a log that programs read.
    package var line: String {
        "access key id \(key.id), secret access key \(key.secret.value); the secret is not shown "
            + "again: give both to 'aws configure'"
    }
}
