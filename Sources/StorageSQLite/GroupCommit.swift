import GRDB
import Storage
import Synchronization

/// Lets batches that wait at the same time share one transaction, and so one wait for the disk.
///
/// A batch that fails is undone by itself, and the others of its group are not touched. A batch is
/// acknowledged when the transaction that it is in has been committed.
final class GroupCommit: Sendable {
    /// Batches of one transaction: so many that the wait for the disk no longer matters, so few that
    /// the first of them does not wait long for the last.
    static let batchesPerTransaction = 256

    private struct Batch {
        var changes: [StorageChange]
        var isDone: CheckedContinuation<StorageError?, Never>
    }
    private struct State {
        /// As many as there are requests and rooms in flight, which others bound.
        var waiting: [Batch] = []
        var isWriting = false
        var transactions = 0
    }

    private let pool: DatabasePool
    private let limits: StorageLimits
    private let state = Mutex(State())

    init(pool: DatabasePool, limits: StorageLimits) {
        self.pool = pool
        self.limits = limits
    }

    /// Transactions so far: fewer than batches, when there is much to write.
    var transactionCount: Int { state.withLock { $0.transactions } }

    func apply(_ changes: [StorageChange]) async throws(StorageError) {
        let failure = await withCheckedContinuation { continuation in
            let starts = state.withLock { state in
                state.waiting.append(Batch(changes: changes, isDone: continuation))
                defer { state.isWriting = true }
                return !state.isWriting
            }
            // Not a child of whoever asked: one that is cancelled must not take others along.
            if starts { Task { await self.write() } }
        }
        if let failure { throw failure }
    }

    private func write() async {
        while let group = takeGroup() {
            let failures = await commit(group.map(\.changes))
            for (batch, failure) in zip(group, failures) { batch.isDone.resume(returning: failure) }
        }
    }

    /// What waits now, at most ``batchesPerTransaction``; `nil` when nothing does.
    private func takeGroup() -> [Batch]? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isWriting = false
                return nil
            }
            let group = Array(state.waiting.prefix(Self.batchesPerTransaction))
            state.waiting.removeFirst(group.count)
            state.transactions += 1
            return group
        }
    }

    /// - Returns: for each batch, why it was not applied.
    private func commit(_ batches: [[StorageChange]]) async -> [StorageError?] {
        do {
            try await commitTogether(batches)
            return Array(repeating: nil, count: batches.count)
        } catch {
            // Nothing of the transaction was committed.
            return await commitApart(batches)
        }
    }

    /// Hardly any batch ever fails: all succeed, or none is applied.
    private func commitTogether(_ batches: [[StorageChange]]) async throws {
        let limits = limits
        try await pool.write { database in
            for change in batches.joined() { try database.apply(change, limits: limits) }
        }
    }

    /// Each batch in a savepoint of its own.
    private func commitApart(_ batches: [[StorageChange]]) async -> [StorageError?] {
        let limits = limits
        do {
            return try await pool.write { database in
                try batches.map { changes in try database.attempt(changes, limits: limits) }
            }
        } catch {
            let failure = StorageError.engine(SQLiteStorage.reason(error))
            return Array(repeating: failure, count: batches.count)
        }
    }
}

extension Database {
    /// Applies a batch whole or not at all.
    /// - Throws: what makes the whole transaction useless, like a full disk.
    fileprivate func attempt(
        _ changes: [StorageChange], limits: StorageLimits
    ) throws -> StorageError? {
        do {
            try inSavepoint {
                for change in changes { try apply(change, limits: limits) }
                return .commit
            }
            return nil
        } catch {
            // SQLite ends the transaction itself after some errors (disk full, I/O error).
            guard isInsideTransaction else { throw error }
            return .engine(SQLiteStorage.reason(error))
        }
    }
}
