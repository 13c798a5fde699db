import Foundation
import GRDB
package import Storage

extension SQLiteStorage {
    /// Copies the database in `directory` into a file, which is one whole moment of it, also while a
    /// server writes. The data directory is not changed.
    ///
    /// The file (0600) appears under its name when it is complete, checked and on the disk; an earlier
    /// backup of that name is replaced then. Until then it is `<file>.part`.
    /// - Parameter progress: called now and then, on this thread.
    /// - Throws: ``StorageError/cannotBackUp(_:)``, ``StorageError/newerSchema(found:supported:)``.
    package static func backup(
        directory: String, to file: String, progress: @escaping (BackupProgress) -> Void = { _ in }
    ) throws(StorageError) {
        let database = directory + "/" + fileName
        guard FileManager.default.fileExists(atPath: database) else {
            throw .cannotBackUp("there is no database in \(directory)")
        }
        try checkBackupTarget(file, of: database)
        do {
            let scratch = try ScratchFile(path: file + ".part")
            try copy(database, into: scratch, progress: progress)
            try scratch.move(to: file)
        } catch let error as StorageError {
            throw error
        } catch let error as ScratchFile.Trouble {
            throw .cannotBackUp("\(file): \(error.reason)")
        } catch {
            throw .cannotBackUp("\(database) to \(file): \(reason(error))")
        }
    }

    private static func copy(
        _ path: String, into file: ScratchFile, progress: @escaping (BackupProgress) -> Void
    ) throws {
        let source = try DatabaseCopy.openReadOnly(path)
        let scratch = try DatabaseCopy.openScratch(file)
        try DatabaseCopy.copy(source, to: scratch, as: .copying, progress: progress) { database in
            guard case .rostrum = try database.identity() else {
                throw StorageError.cannotBackUp("\(path) is not a database of Rostrum")
            }
        }
        let defect = try DatabaseCopy.finish(scratch, progress: progress)
        try scratch.close()
        try source.close()
        if let defect {
            throw StorageError.cannotBackUp("\(path) is damaged, as its copy shows: \(defect)")
        }
    }

    /// What has the name already must be something that a backup may replace.
    private static func checkBackupTarget(
        _ file: String, of database: String
    ) throws(StorageError) {
        let live = ["", "-wal", "-shm"].compactMap { FileIdentity(path: database + $0) }
        guard let identity = FileIdentity(path: file) else { return }
        guard !live.contains(identity) else {
            throw .cannotBackUp("\(file) is the database itself")
        }
        let attributes = try? FileManager.default.attributesOfItem(atPath: file)
        guard attributes?[.type] as? FileAttributeType == .typeRegular else {
            throw .cannotBackUp("\(file) is there and is not a file")
        }
        // A slip of the keyboard must not cost somebody a file.
        guard try isDatabaseOrEmpty(file) else {
            throw .cannotBackUp("\(file) is there and is not a backup; choose another name")
        }
    }

    /// SQLite's file format, section 1.3: the first 16 bytes.
    private static func isDatabaseOrEmpty(_ file: String) throws(StorageError) -> Bool {
        guard let handle = FileHandle(forReadingAtPath: file) else {
            throw .cannotBackUp("\(file) is there and may not be read")
        }
        do {
            let start = try handle.read(upToCount: 16) ?? Data()
            return start.isEmpty || start == Data("SQLite format 3\0".utf8)
        } catch {
            throw .cannotBackUp("\(file): \(reason(error))")
        }
    }
}
