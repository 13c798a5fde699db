import Foundation
import GRDB
package import Storage

extension SQLiteStorage {
    /// Makes the database in `directory` what a backup is, whether or not a server runs on it. What
    /// was there before is gone.
    ///
    /// The backup is copied, checked and brought to this program's schema beside the database first
    /// (`rostrum.sqlite.restoring`); the database then changes in one transaction. A server that runs
    /// reads the restored content from then on; what it keeps in memory is what it was, so that it
    /// should be started anew.
    /// - Parameter progress: called now and then, on this thread.
    /// - Throws: ``StorageError/cannotRestore(_:)``, ``StorageError/newerSchema(found:supported:)``;
    ///   the database is then what it was.
    package static func restore(
        from file: String, directory: String,
        progress: @escaping (BackupProgress) -> Void = { _ in }
    ) throws(StorageError) {
        let database = directory + "/" + fileName
        do {
            let backup = try openBackup(file, for: database)
            try prepare(directory: directory, file: database)
            let scratch = try ScratchFile(path: database + ".restoring")
            let copy = try stage(backup, into: scratch, progress: progress)
            try replace(database, by: copy, progress: progress)
            try copy.close()
        } catch let error as StorageError {
            throw error
        } catch let error as ScratchFile.Trouble {
            throw .cannotRestore("\(database): \(error.reason)")
        } catch {
            throw .cannotRestore("\(file) into \(directory): \(reason(error))")
        }
    }

    private static func openBackup(_ file: String, for database: String) throws -> DatabaseQueue {
        guard let identity = FileIdentity(path: file) else {
            throw StorageError.cannotRestore("there is no file \(file)")
        }
        guard identity != FileIdentity(path: database) else {
            throw StorageError.cannotRestore("\(file) is the database itself")
        }
        do {
            let backup = try DatabaseCopy.openReadOnly(file)
            if case .rostrum = try backup.read({ try $0.identity() }) { return backup }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_NOTADB {
            // Said below.
        }
        throw StorageError.cannotRestore("\(file) is not a backup of Rostrum")
    }

    /// The backup as a sound database of this program's schema.
    private static func stage(
        _ backup: DatabaseQueue, into scratch: ScratchFile,
        progress: @escaping (BackupProgress) -> Void
    ) throws -> DatabaseQueue {
        let copy = try DatabaseCopy.openScratch(scratch)
        try DatabaseCopy.copy(backup, to: copy, as: .copying, progress: progress)
        if let defect = try DatabaseCopy.finish(copy, progress: progress) {
            throw StorageError.cannotRestore("\(backup.path) is damaged: \(defect)")
        }
        try backup.close()
        try Schema.migrate(copy)
        return copy
    }

    private static func replace(
        _ path: String, by copy: DatabaseQueue, progress: @escaping (BackupProgress) -> Void
    ) throws {
        let live = try openLive(path)
        try DatabaseCopy.copy(copy, to: live, as: .replacing, progress: progress)
        // The log is as long as the database now. Who reads the old content keeps it for a while.
        _ = try? live.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        try live.close()
    }

    private static func openLive(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        // A server may be writing, but never for long.
        configuration.busyMode = .timeout(30)
        do {
            let live = try DatabaseQueue(path: path, configuration: configuration)
            try live.writeWithoutTransaction { database in
                guard try database.identity() != .foreign else {
                    throw StorageError.cannotRestore("\(path) is not a database of Rostrum")
                }
                try database.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
            }
            return live
        } catch let error as DatabaseError
            where [.SQLITE_NOTADB, .SQLITE_CORRUPT].contains(error.resultCode)
        {
            throw StorageError.cannotRestore(
                "\(path) is damaged (\(reason(error))); end its server, move it away with "
                    + "\(fileName)-wal and \(fileName)-shm, and restore again")
        }
    }
}
