import Primitives
package import Storage
import Testing

/// What every ``Storage`` must do, run against each implementation by its own tests.
///
/// `make` gives a new, empty storage with these limits at each call.
package struct StorageConformance: Sendable {
    package typealias Make = @Sendable (StorageLimits) async throws -> any Storage

    let make: Make

    package init(make: @escaping Make) {
        self.make = make
    }

    package func run() async throws {
        try await stagesKeepTheirOrderAndContent()
        try await stagesComeInPages()
        try await replacingAStageKeepsItsPosition()
        try await deletingAStageTakesAllOfIt()
        try await deletingALargeStageTakesAllOfIt()
        try await changesOfUnknownStagesAreIgnored()
        try await sessionsComeNewestFirst()
        try await openSessionsOfAllStages()
        try await sessionsAreBounded()
        try await theNewestParticipantRecordIsFound()
        try await participantsKeepEveryField()
        try await eventsComeNewestFirst()
        try await eventsAreBoundedPerParticipant()
        try await eventsAreBoundedPerStage()
        try await sessionsComeInPages()
        try await participantsComeInTheOrderOfJoining()
        try await eventsComeInPages()
        try await oldHistoryIsPruned()
        try await resourcesKeepEveryFieldAndTheirPlace()
        try await resourcesAreFoundByStateAndLinks()
        try await expiredResourcesArePruned()
        try await replicationsKeepTheirPlace()
        try await notificationsKeepTheirOrder()
        try await notificationsGoToWhoWantsThem()
        try await deliveriesChangeTheirState()
        try await whatIsAwaitedOutlivesTheLimit()
        try await settingsAreFoundByPrefix()
        try await aBatchIsAppliedInOrder()
        try await concurrentWritersLoseNothing()
    }
}

/// Short ways to make records.
enum Sample {
    static let stage = StageID("S1")
    static let session = StageSessionID("st-0000000000001")

    static func time(_ second: Int64) -> WallTime { WallTime(unixSeconds: 1_700_000_000 + second) }

    static func stage(_ id: String, name: String = "") -> StageRecord {
        StageRecord(
            id: StageID(id), arn: "arn:aws:ivs:local:0:stage/\(id)", name: name, tags: [:],
            createdAt: time(0))
    }

    static func session(_ number: Int, of stage: StageID = stage) -> SessionRecord {
        SessionRecord(
            id: StageSessionID("st-\(number)"), stage: stage, startedAt: time(Int64(number)))
    }

    static func event(
        _ name: String, by participant: String, stage: StageID = stage,
        session: StageSessionID = session
    ) -> ParticipantEventRecord {
        ParticipantEventRecord(
            stage: stage, session: session, participant: ParticipantID(participant), name: name,
            time: time(1))
    }
}

extension StorageConformance {
    /// A storage with the stage ``Sample/stage``.
    func makeWithStage(_ limits: StorageLimits = StorageLimits()) async throws -> any Storage {
        let storage = try await make(limits)
        try await storage.apply([.putStage(Sample.stage("S1"))])
        return storage
    }
}
