import GRDB

/// Copies whole databases with SQLite's online backup.
enum DatabaseCopy {
    /// Pages of one step, 4 MB: progress is told between steps.
    private static let pagesPerStep: CInt = 1024

    /// Makes `target` what `source` is now.
    ///
    /// The source is read in one transaction: what is written to it meanwhile is not in the copy, and
    /// does not make it start again. The target changes in one transaction too: whoever has it open
    /// sees either what was there or the whole copy.
    /// - Parameter check: looks at the source in that same transaction, and throws to refuse it.
    static func copy(
        _ source: DatabaseQueue, to target: DatabaseQueue, as step: BackupProgress.Step,
        progress: @escaping (BackupProgress) -> Void, check: (Database) throws -> Void = { _ in }
    ) throws {
        try source.read { source in
            try check(source)
            let pageSize = try source.pageSize()
            try target.writeWithoutTransaction { target in
                try source.backup(to: target, pagesPerStep: pagesPerStep) { state in
                    progress(
                        BackupProgress(
                            step: step, completedBytes: Int64(state.completedPageCount) * pageSize,
                            totalBytes: Int64(state.totalPageCount) * pageSize))
                }
            }
        }
    }

    /// Opens a database that is only read: neither it nor its directory is changed.
    static func openReadOnly(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Opens a file that nobody else knows. It is put on the disk once, at the end.
    static func openScratch(_ file: ScratchFile) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = OFF") }
        return try DatabaseQueue(path: file.path, configuration: configuration)
    }

    /// Makes a copy one file that is complete in itself, and reads it from end to end.
    /// - Returns: what is wrong with it; `nil` when it is sound.
    static func finish(
        _ scratch: DatabaseQueue, progress: @escaping (BackupProgress) -> Void
    ) throws -> String? {
        progress(BackupProgress(step: .checking, completedBytes: 0, totalBytes: 0))
        return try scratch.writeWithoutTransaction { database in
            // The copy says of itself that it has a write-ahead log, as the original has.
            try database.execute(sql: "PRAGMA journal_mode = DELETE")
            return try database.firstDefect()
        }
    }
}
