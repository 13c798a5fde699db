package import Primitives

/// What the control plane needs from a database.
///
/// Writes are batches that happen whole or not at all, and are durable when ``apply(_:)`` returns:
/// what was acknowledged survives `kill -9`. Reads are grouped by what they are about.
///
/// What belongs to a stage goes with it, for good: a change to a session, participant, event or
/// replication of a stage that is not (or no longer) stored is ignored. Somebody may leave while a
/// stage is deleted.
package protocol Storage:
    StageReads, HistoryReads, ResourceReads, NotificationReads, SettingReads
{
    /// Applies every change, in order, in one transaction.
    func apply(_ changes: [StorageChange]) async throws(StorageError)
}

package protocol StageReads: Sendable {
    func stage(_ id: StageID) async throws(StorageError) -> StageRecord?

    /// Stages in the order of their creation.
    /// - Parameters:
    ///   - cursor: what the last page ended with (``StageRecord/position``); `nil` for the first.
    ///   - limit: at least 1.
    func stages(after cursor: Int64?, limit: Int) async throws(StorageError) -> [StageRecord]

    func stageCount() async throws(StorageError) -> Int
}

/// Sessions, participants, their events, and replications. Every list is in an order that writes do
/// not change, so that who turns pages meets each entry once.
package protocol HistoryReads: Sendable {
    func session(_ id: StageSessionID, of stage: StageID) async throws(StorageError)
        -> SessionRecord?

    /// The stage's sessions, newest first.
    /// - Parameter cursor: the ``SessionRecord/position`` that the last page ended with.
    func sessions(
        of stage: StageID, before cursor: Int64?, limit: Int
    ) async throws(StorageError) -> [SessionRecord]

    /// Sessions of all stages that have no end, in the order of their beginning: after a start, those
    /// that the end of the process left unfinished.
    /// - Parameter cursor: the ``SessionRecord/position`` that the last page ended with.
    func openSessions(after cursor: Int64?, limit: Int) async throws(StorageError)
        -> [SessionRecord]

    /// The participant's newest record on that stage; `nil` when it never joined and was not
    /// disconnected either.
    func participant(_ id: ParticipantID, of stage: StageID) async throws(StorageError)
        -> ParticipantRecord?

    func participant(
        _ id: ParticipantID, of stage: StageID, in session: StageSessionID
    ) async throws(StorageError) -> ParticipantRecord?

    /// Participants of one session in the order in which they first joined it.
    /// - Parameter cursor: the ``ParticipantRecord/position`` that the last page ended with.
    func participants(
        _ query: ParticipantQuery, after cursor: Int64?, limit: Int
    ) async throws(StorageError) -> [ParticipantRecord]

    /// The events of one participant in one session, newest first.
    /// - Parameter cursor: the ``ParticipantEventRecord/position`` that the last page ended with.
    func events(
        of participant: ParticipantID, stage: StageID, session: StageSessionID,
        before cursor: Int64?, limit: Int
    ) async throws(StorageError) -> [ParticipantEventRecord]

    /// Replications in the order of their beginning.
    /// - Parameter cursor: the ``ReplicationRecord/position`` that the last page ended with.
    func replications(
        _ query: ReplicationQuery, after cursor: Int64?, limit: Int
    ) async throws(StorageError) -> [ReplicationRecord]
}

/// Resources of the API other than stages: keys, configurations, compositions.
package protocol ResourceReads: Sendable {
    func resource(_ kind: ResourceRecord.Kind, _ id: String) async throws(StorageError)
        -> ResourceRecord?

    /// Resources in the order of their creation.
    /// - Parameter cursor: the ``ResourceRecord/position`` that the last page ended with.
    func resources(
        _ query: ResourceQuery, after cursor: Int64?, limit: Int
    ) async throws(StorageError) -> [ResourceRecord]

    func resourceCount(_ query: ResourceQuery) async throws(StorageError) -> Int
}

/// The outbox: what happened, in order, and what of it is still to be delivered to whom.
package protocol NotificationReads: Sendable {
    func webhooks() async throws(StorageError) -> [WebhookRecord]

    /// Notifications in the order in which they happened.
    /// - Parameters:
    ///   - cursor: the ``NotificationRecord/position`` that the last page ended with.
    ///   - stage: those of one stage; `nil` for all.
    func notifications(
        after cursor: Int64, stage: StageID?, limit: Int
    ) async throws(StorageError) -> [NotificationRecord]

    /// The position of the newest notification; 0 when there has been none.
    func lastNotification() async throws(StorageError) -> Int64

    /// What is to be delivered, or was given up, in the order in which it happened.
    /// - Parameters:
    ///   - webhook: of one webhook; `nil` for all, where a page may be longer than `limit` by the
    ///     other deliveries of its last notification.
    ///   - cursor: the notification's position that the last page ended with.
    func deliveries(
        _ state: DeliveryRecord.State, to webhook: String?, after cursor: Int64, limit: Int
    ) async throws(StorageError) -> [DeliveryRecord]
}

package protocol SettingReads: Sendable {
    /// Settings (signing keys, access keys) whose keys start with `prefix`, with their values: see
    /// ``StorageChange/putSetting(key:value:)``.
    func settings(prefix: String) async throws(StorageError) -> [String: String]
}

package enum StorageError: Error, Hashable, Sendable {
    /// The database could not be opened; says which file and why.
    case cannotOpen(String)
    /// A read or write failed; says what the engine said.
    case engine(String)
    /// The stored form is newer than this program.
    case newerSchema(found: Int, supported: Int)
    /// No backup was made; says of what or where, and why.
    case cannotBackUp(String)
    /// Nothing was restored; says which file or directory, and why.
    case cannotRestore(String)
}
