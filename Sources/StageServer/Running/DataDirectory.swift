import Foundation
import Glibc
import Storage
import StorageSQLite

/// The directory with everything that a deployment keeps. One server at a time has it; `rostrum keys`
/// may look in at any time.
struct DataDirectory {
    let storage: SQLiteStorage
    /// Holds the lock for as long as it is open.
    private let lock: FileHandle?

    static let lockName = "rostrum.lock"

    /// Opens the directory for a server, and makes it when it is not there.
    static func openForServer(_ path: String) throws(StartRefusal) -> DataDirectory {
        keepFilesPrivate()
        try makeUsable(path)
        let lock = try takeLock(in: path)
        return DataDirectory(storage: try openStorage(path), lock: lock)
    }

    /// Opens the directory for what no server may run beside.
    static func openForMaintenance(_ path: String) throws(StartRefusal) -> DataDirectory {
        try requireDatabase(in: path)
        return try openForServer(path)
    }

    func close() throws(StartRefusal) {
        do throws(StorageError) {
            try storage.close()
        } catch {
            throw StartRefusal(storage: error)
        }
    }

    /// Opens the directory beside a server that may be running.
    /// - Parameter creating: whether one that is not there is made.
    static func openForKeys(_ path: String, creating: Bool) throws(StartRefusal) -> DataDirectory {
        keepFilesPrivate()
        if !creating { try requireDatabase(in: path) }
        try makeUsable(path)
        return DataDirectory(storage: try openStorage(path), lock: nil)
    }

    private static func requireDatabase(in path: String) throws(StartRefusal) {
        let database = path + "/" + SQLiteStorage.fileName
        guard FileManager.default.fileExists(atPath: database) else {
            throw StartRefusal(
                .unavailable, "there is no database in \(path); name its directory with --data")
        }
    }

    /// Whatever this process makes is for its owner only.
    private static func keepFilesPrivate() { umask(0o077) }

    private static func openStorage(_ path: String) throws(StartRefusal) -> SQLiteStorage {
        do throws(StorageError) {
            return try SQLiteStorage(directory: path)
        } catch {
            throw StartRefusal(storage: error)
        }
    }

    private static func makeUsable(_ path: String) throws(StartRefusal) {
        func refusal(_ why: String) -> StartRefusal {
            StartRefusal(.unavailable, "cannot use the data directory \(path): \(why)")
        }
        let files = FileManager.default
        var isDirectory: ObjCBool = false
        guard unsafe files.fileExists(atPath: path, isDirectory: &isDirectory) else {
            do {
                try files.createDirectory(
                    atPath: path, withIntermediateDirectories: true,
                    attributes: [.posixPermissions: 0o700])
            } catch {
                throw refusal(reason(of: error))
            }
            return
        }
        guard isDirectory.boolValue else { throw refusal("it is a file") }
        guard files.isReadableFile(atPath: path), files.isExecutableFile(atPath: path) else {
            throw refusal("it may not be read by this user")
        }
        guard files.isWritableFile(atPath: path) else {
            throw refusal("it may not be written by this user")
        }
    }

    private static func takeLock(in path: String) throws(StartRefusal) -> FileHandle {
        let file = path + "/" + lockName
        let files = FileManager.default
        if !files.fileExists(atPath: file) {
            _ = files.createFile(
                atPath: file, contents: nil, attributes: [.posixPermissions: 0o600])
        }
        guard let handle = FileHandle(forUpdatingAtPath: file) else {
            throw StartRefusal(
                .unavailable, "cannot use the data directory \(path): \(file) may not be written")
        }
        guard flock(handle.fileDescriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw StartRefusal(
                .unavailable,
                "another rostrum serves from the data directory \(path); give this "
                    + "one its own with --data")
        }
        return handle
    }
}

extension StartRefusal {
    init(storage error: StorageError) {
        switch error {
        case .cannotOpen(let what):
            self.init(.unavailable, "cannot open the database \(what)")
        case .engine(let what):
            self.init(.unavailable, "the database failed: \(what)")
        case .newerSchema(let found, let supported):
            self.init(
                .unavailable,
                "the database was written by a newer rostrum (its form is \(found); "
                    + "this version knows up to \(supported))")
        case .cannotBackUp(let what):
            self.init(.unavailable, "no backup was made: \(what)")
        case .cannotRestore(let what):
            self.init(.unavailable, "nothing was restored: \(what)")
        }
    }
}
