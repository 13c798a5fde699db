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

        The secret is not shown again. To use the key, give both to
          aws configure --profile rostrum
        and call aws with --profile rostrum and --endpoint-url with the URL of this server.
        """
    }

    /// The same in one line, for a log that programs read.
    package var line: String {
        "access key id \(key.id), secret access key \(key.secret.value); the secret is not shown "
            + "again: give both to 'aws configure --profile rostrum'"
    }
}
