import Glibc

/// What a file is told apart by, whatever it is called.
struct FileIdentity: Hashable, Sendable {
    private var device: UInt64
    private var number: UInt64

    /// - Returns: `nil` when there is nothing at `path`. Symbolic links are followed.
    init?(path: String) {
        var status = stat()
        // Sound because the path is a C string and the status a variable, both alive for the call,
        // which keeps neither.
        guard unsafe stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// - Returns: `nil` when `descriptor` is not open.
    init?(descriptor: Int32) {
        var status = stat()
        // Sound because the status is a variable that is alive for the call, which does not keep it.
        guard unsafe fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    private init(_ status: stat) {
        device = UInt64(status.st_dev)
        number = UInt64(status.st_ino)
    }
}

/// Gives the file at `source` the name `target`, in the place of what had it before: whoever opens
/// `target` finds the one or the other.
/// - Returns: `errno`, or `nil` when it is done.
func moveReplacing(_ source: String, to target: String) -> Int32? {
    // Sound because both are C strings that are alive for the call, which keeps neither.
    unsafe rename(source, target) == 0 ? nil : errno
}

/// Opens a file for reading and writing, and makes it (0600) when it is not there. A symbolic link is
/// not followed.
/// - Returns: its descriptor, or -1 with `errno`.
func openPrivate(_ path: String) -> Int32 {
    // Sound because the path is a C string that is alive for the call, which does not keep it.
    unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
}
