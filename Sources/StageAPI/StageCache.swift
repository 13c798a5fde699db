import Primitives
import Storage
import Synchronization

/// The stages that tokens were minted for lately, or that somebody came to, so that neither costs a
/// read.
///
/// Every change of a stage goes through the service that has this cache, and drops it here. What
/// somebody else did to the storage (a restored backup) counts within a second
/// (``APILimits/cachedStageLife``).
final class StageCache: Sendable {
    private struct Entry {
        var stage: StageRecord
        var readAt: WallTime
    }
    private struct State {
        var entries: [StageID: Entry] = [:]
        /// Counts the changes: what was read before one is not taken after it.
        var changes = 0
    }

    private let state = Mutex(State())

    /// The stage as it is stored, or was less than a second ago when nothing changed it here.
    /// - Parameter read: reads it from the storage.
    func stage<Failure: Error>(
        _ id: StageID, at now: WallTime, read: () async throws(Failure) -> StageRecord?
    ) async throws(Failure) -> StageRecord? {
        let (known, changes) = state.withLock { ($0.entries[id], $0.changes) }
        if let known, (.zero..<APILimits.cachedStageLife).contains(now - known.readAt) {
            return known.stage
        }
        guard let stage = try await read() else { return nil }
        state.withLock { state in
            guard state.changes == changes else { return }
            if state.entries.count >= APILimits.cachedStages { state.entries = [:] }
            state.entries[id] = Entry(stage: stage, readAt: now)
        }
        return stage
    }

    /// To be called after every change, also one that may have failed.
    func drop(changedBy changes: [StorageChange]) {
        for change in changes {
            switch change {
            case .putStage(let stage): drop(stage.id)
            case .deleteStage(let id): drop(id)
            default: break
            }
        }
    }

    private func drop(_ id: StageID) {
        state.withLock { state in
            state.changes += 1
            state.entries[id] = nil
        }
    }
}
