package import Primitives

/// What the control plane needs from a database.
///
/// Writes are batches that happen whole or not at all, and are durable when ``apply(_:)`` returns:
/// what was acknowledged survives `kill -9`.
///
/// What belongs to a stage goes with it, for good: a change to a session, participant or event of a
/// stage that is not (or no longer) stored is ignored. Somebody may leave while a stage is deleted.
package protocol Storage: Sendable {
    /// Applies every change, in order, in one transaction.
    func apply(_ changes: [StorageChange]) async throws(StorageError)

    func stage(_ id: StageID) async throws(StorageError) -> StageRecord?

    /// Stages in the order of their creation.
    /// - Parameters:
    ///   - cursor: what the last page ended with (``StageRecord/position``); `nil` for the first.
    ///   - limit: at least 1.
    func stages(after cursor: Int64?, limit: Int) async throws(StorageError) -> [StageRecord]

    /// The participant's newest record on that stage; `nil` when it never joined and was not
    /// disconnected either.
    func participant(_ id: ParticipantID, of stage: StageID) async throws(StorageError)
        -> ParticipantRecord?

    /// The events of one participant in one session, newest first.
    func events(
        of participant: ParticipantID, stage: StageID, session: StageSessionID, limit: Int
    ) async throws(StorageError) -> [ParticipantEventRecord]

    /// The stage's sessions, newest first.
    func sessions(of stage: StageID, limit: Int) async throws(StorageError) -> [SessionRecord]

    /// The value of a setting (signing keys, access keys): see ``StorageChange/putSetting(key:value:)``.
    /// Keys that start with `prefix`, with their values.
    func settings(prefix: String) async throws(StorageError) -> [String: String]
}

/// One change to the stored state.
package enum StorageChange: Hashable, Sendable {
    /// Inserts or replaces. `position` is given by the storage on insertion and kept on replacement.
    case putStage(StageRecord)
    /// Removes the stage with its sessions, participants and events. Revoked participants of it need
    /// no record: a token for a stage that is gone is refused for that.
    case deleteStage(StageID)
    case putSession(SessionRecord)
    case putParticipant(ParticipantRecord)
    case appendEvent(ParticipantEventRecord)
    case putSetting(key: String, value: String)
    case removeSetting(key: String)
}

package enum StorageError: Error, Hashable, Sendable {
    /// The database could not be opened; says which file and why.
    case cannotOpen(String)
    /// A read or write failed; says what the engine said.
    case engine(String)
    /// The stored form is newer than this program.
    case newerSchema(found: Int, supported: Int)
}
