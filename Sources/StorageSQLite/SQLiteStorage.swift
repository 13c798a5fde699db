import Foundation
import GRDB
package import Storage

/// ``Storage`` in one SQLite file: the default.
///
/// The journal is a write-ahead log with `synchronous=FULL`: a change that was applied is on the disk,
/// and survives `kill -9` and the loss of power.
package final class SQLiteStorage: Storage {
    /// The file's name in its directory; `-wal` and `-shm` stand beside it.
    package static let fileName = "rostrum.sqlite"

    let pool: DatabasePool
    private let writer: GroupCommit
    private let pruneSteps: Int

    /// Rows of each kind that one transaction removes: some ten milliseconds of writing, for rows
    /// that lie all over the file.
    static let rowsPerStep = 500

    /// Opens the database in `directory`, and makes both when they are not there: the directory for
    /// its owner only (0700), and the file too (0600), because signing keys are in it.
    /// - Throws: ``StorageError/cannotOpen(_:)`` with the path and the reason;
    ///   ``StorageError/newerSchema(found:supported:)``.
    package convenience init(
        directory: String, limits: StorageLimits = StorageLimits()
    ) throws(StorageError) {
        try self.init(directory: directory, limits: limits, configuration: Self.configuration)
    }

    init(
        directory: String, limits: StorageLimits, configuration: Configuration
    ) throws(StorageError) {
        let path = directory + "/" + Self.fileName
        var stepLimits = limits
        stepLimits.pruneSlice = min(limits.pruneSlice, Self.rowsPerStep)
        pruneSteps = limits.pruneSlice / stepLimits.pruneSlice
        do {
            try Self.prepare(directory: directory, file: path)
            pool = try DatabasePool(path: path, configuration: configuration)
            writer = GroupCommit(pool: pool, limits: stepLimits)
            // GRDB sets NORMAL when it turns the write-ahead log on, which may lose the newest
            // transactions with the power.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            try Schema.migrate(pool)
        } catch let error as StorageError {
            throw error
        } catch {
            throw .cannotOpen("\(path): \(Self.reason(error))")
        }
    }

    /// Closes the file; every later call fails.
    package func close() throws(StorageError) {
        do {
            // Leaves one file behind that is complete in itself.
            _ = try pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
            try pool.close()
        } catch { throw .engine(Self.reason(error)) }
    }

    /// The writer's journal mode and `synchronous` level.
    func pragmas() throws -> (journalMode: String?, synchronous: Int?) {
        try pool.writeWithoutTransaction { database in
            (
                try String.fetchOne(database, sql: "PRAGMA journal_mode"),
                try Int.fetchOne(database, sql: "PRAGMA synchronous")
            )
        }
    }

    /// Transactions that were written so far: fewer than batches, when there is much to write.
    var writtenTransactions: Int { writer.transactionCount }

    package func apply(_ changes: [StorageChange]) async throws(StorageError) {
        guard changes.count == 1, case .prune = changes[0] else {
            return try await writer.apply(changes)
        }
        // Others write between the steps.
        for _ in 0..<pruneSteps { try await writer.apply(changes) }
    }
}

extension SQLiteStorage {
    static var configuration: Configuration {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        // Another process (`rostrum keys`) may be writing.
        configuration.busyMode = .timeout(5)
        configuration.label = "storage"
        return configuration
    }

    static func prepare(directory: String, file: String) throws {
        let files = FileManager.default
        if !files.fileExists(atPath: directory) {
            try files.createDirectory(
                atPath: directory, withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
        }
        // Made before SQLite makes it, so that it is never readable by others; the log and the
        // shared memory get the mode of the file.
        if !files.fileExists(atPath: file) {
            _ = files.createFile(
                atPath: file, contents: nil, attributes: [.posixPermissions: 0o600])
        }
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StorageError) -> Value {
        try await run { try await self.pool.read(body) }
    }

    /// Reads with one statement, which sees one state of the database without a transaction.
    func look<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StorageError) -> Value {
        try await run { try await self.pool.unsafeRead(body) }
    }

    private func run<Value: Sendable>(
        _ body: () async throws -> Value
    ) async throws(StorageError) -> Value {
        do {
            return try await body()
        } catch let error as StorageError {
            throw error
        } catch {
            throw .engine(Self.reason(error))
        }
    }

    /// One line that an operator understands.
    static func reason(_ error: any Error) -> String {
        switch error {
        // SQLite's online backup fails with a code, and leaves the text of what went well before.
        case let error as DatabaseError where error.message == "not an error":
            error.resultCode.description
        case let error as DatabaseError: error.message ?? error.resultCode.description
        case let error as CocoaError:
            (error.underlying as? POSIXError)?.localizedDescription ?? error.localizedDescription
        default: String(describing: error)
        }
    }
}
