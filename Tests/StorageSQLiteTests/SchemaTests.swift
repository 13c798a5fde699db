import Foundation
import GRDB
import Primitives
import Storage
import Synchronization
import Testing

@testable import StorageSQLite

@Suite("The schema")
struct SchemaTests {
    /// Rows as the first released schema had them.
    private static let oldRows = """
        INSERT INTO stage (id, arn, name, tags, createdAt) VALUES ('S', 'arn:S', 'old', '{"a":"b"}', 1);
        INSERT INTO session (stage, id, startedAt) VALUES ('S', 'st-1', 5);
        INSERT INTO participant (stage, id, session, userID, attributes, isConnected, hasPublished,
            firstJoinedAt, isRevoked, client)
        VALUES ('S', 'P', 'st-1', 'ana', '{}', 1, 1, 6, 0,
            '{"browserName":"Firefox","browserVersion":"140","osName":"","osVersion":""}'),
            ('S', 'Q', 'st-1', 'bob', '{}', 0, 0, 7, 0, '{"browserName":"","browserVersion":"","osName":"","osVersion":""}'),
            ('S', 'P', '', 'ana', '{}', 0, 0, NULL, 1, '{"browserName":"","browserVersion":"","osName":"","osVersion":""}');
        INSERT INTO event (stage, sequence, session, participant, participantSequence, name, time)
        VALUES ('S', 1, 'st-1', 'P', 1, 'JOINED', 6), ('S', 2, 'st-1', 'Q', 1, 'JOINED', 7),
            ('S', 3, 'st-1', 'P', 2, 'PUBLISH_STARTED', 8);
        INSERT INTO setting (key, value) VALUES ('k', 'v');
        """

    @Test("of version 1 is taken forward with everything in it")
    func migratesFromVersionOne() async throws {
        let directory = try TemporaryDirectory()
        let file = directory.path + "/" + SQLiteStorage.fileName
        try DatabaseQueue(path: file).inDatabase { database in
            try Schema.steps[0](database)
            try database.execute(sql: Self.oldRows)
            try database.execute(sql: "PRAGMA user_version = 1")
        }
        let storage = try SQLiteStorage(directory: directory.path)
        let (stage, session) = (StageID("S"), StageSessionID("st-1"))
        #expect(try await storage.stage(stage)?.tags == ["a": "b"])
        let query = ParticipantQuery(stage: stage, session: session)
        let participants = try await storage.participants(query, after: nil, limit: 9)
        #expect(participants.map(\.userID) == ["ana", "bob"])
        #expect(participants.first?.client.browserName == "Firefox")
        #expect(participants.first?.client.sdkVersion == "")
        let newest = try await storage.participant(ParticipantID("P"), of: stage)
        #expect(newest?.isRevoked == true, "the revocation was written last")
        let events = try await storage.events(
            of: ParticipantID("P"), stage: stage, session: session, before: nil, limit: 9)
        #expect(events.map(\.name) == ["PUBLISH_STARTED", "JOINED"])
        #expect(events.map(\.position) == [3, 1])

        // And new rows go on from there.
        try await storage.apply([
            .putParticipant(
                ParticipantRecord(
                    id: ParticipantID("P"), stage: stage, session: session, userID: "ana2")),
            .appendEvent(
                ParticipantEventRecord(
                    stage: stage, session: session, participant: ParticipantID("P"), name: "LEFT",
                    time: WallTime(unixMilliseconds: 9))),
        ])
        let now = try await storage.participant(ParticipantID("P"), of: stage)
        #expect(now?.userID == "ana2")
        #expect(now?.position == participants.first?.position)
        try storage.close()
        _ = try SQLiteStorage(directory: directory.path)
    }

    /// Reads the whole contract, and looks at how SQLite goes about each statement: a scan or a sort
    /// of a table that grows would be slow at a million rows, however fast it is in a test.
    @Test("has an index for every statement on a table that grows")
    func everyStatementHasAnIndex() async throws {
        let statements = Mutex<Set<String>>([])
        let directory = try TemporaryDirectory()
        var configuration = SQLiteStorage.configuration
        configuration.prepareDatabase { database in
            database.trace { event in
                if case .statement(let statement) = event {
                    statements.withLock { _ = $0.insert(statement.expandedSQL) }
                }
            }
        }
        let storage = try SQLiteStorage(
            directory: directory.path, limits: StorageLimits(notifications: 1),
            configuration: configuration)
        // What opening the database did is no matter of size.
        statements.withLock { $0 = [] }
        try await exercise(storage)
        let plans = try DatabaseQueue(path: directory.path + "/" + SQLiteStorage.fileName)
        var checked = 0
        for statement in statements.withLock({ $0 }).sorted() {
            guard
                ["SELECT", "INSERT", "UPDATE", "DELETE"].contains(where: statement.hasPrefix)
            else { continue }
            checked += 1
            let plan = try await plans.read { database in
                try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN " + statement)
                    .map { $0["detail"] as String }
            }
            for step in plan {
                let isSlow = step.hasPrefix("SCAN") || step.contains("TEMP B-TREE")
                let isSmall = Self.small.contains { step.contains($0) || statement.contains($0) }
                #expect(!isSlow || isSmall, "\(step) in \(statement)")
            }
        }
        #expect(checked > 40, "the statements were seen")
    }

    /// Scanned whole on purpose: tables of a few rows, the index of the few stages that are about to
    /// go, and the count of stages, which is of an index.
    private static let small = [
        "CONSTANT ROW", "json_each", "SCAN webhook", "FROM webhook", "sqlite_",
        "SCAN stage USING COVERING INDEX", "SCAN stage USING INDEX stageDeleted", "SCAN (subquery",
    ]

    private func exercise(_ storage: SQLiteStorage) async throws {
        let (stage, session) = (StageID("S"), StageSessionID("st-1"))
        let (participant, time) = (ParticipantID("P"), WallTime(unixMilliseconds: 5))
        let event = ParticipantEventRecord(
            stage: stage, session: session, participant: participant, name: "JOINED", time: time)
        let notification = NotificationRecord(
            id: "n", stage: stage, kind: "k", time: time, body: "{}")
        var dead = DeliveryRecord(webhook: "w", notification: notification)
        dead.state = .dead
        try await storage.apply([
            .putStage(StageRecord(id: stage, arn: "a", name: "", tags: [:], createdAt: time)),
            .putSession(
                SessionRecord(id: session, stage: stage, startedAt: time, endedAt: time)),
            .putParticipant(
                ParticipantRecord(id: participant, stage: stage, session: session)),
            .appendEvent(event),
            .putReplication(
                ReplicationRecord(
                    participant: participant, sourceStage: stage, sourceSession: session,
                    destinationStage: stage, destinationSession: session, startedAt: time)),
            .putResource(
                ResourceRecord(
                    kind: .composition, id: "c", arn: "a", links: ["l"], createdAt: time)),
            .putWebhook(WebhookRecord(id: "w", url: "u", secret: "s", createdAt: time)),
            .appendNotification(notification), .putDelivery(dead),
            .removeDelivery(webhook: "w", notification: 1), .putSetting(key: "k", value: "v"),
            .removeSetting(key: "k"), .removeResource(.publicKey, id: "x"),
            .prune(before: WallTime(unixMilliseconds: 9)), .removeWebhook(id: "w"),
        ])
        _ = try await storage.stage(stage)
        _ = try await storage.stages(after: 1, limit: 2)
        _ = try await storage.stageCount()
        _ = try await storage.session(session, of: stage)
        _ = try await storage.sessions(of: stage, before: 9, limit: 2)
        _ = try await storage.openSessions(after: 1, limit: 2)
        _ = try await storage.participant(participant, of: stage)
        _ = try await storage.participant(participant, of: stage, in: session)
        for filter in [
            nil, .userID("u"), .hasPublished(true), .isConnected(true), .recordingState("A"),
        ] as [ParticipantQuery.Filter?] {
            let query = ParticipantQuery(stage: stage, session: session, filter: filter)
            _ = try await storage.participants(query, after: 1, limit: 2)
        }
        _ = try await storage.events(
            of: participant, stage: stage, session: session, before: 9, limit: 2)
        for query in [
            ReplicationQuery(participant: participant, sourceStage: stage),
            ReplicationQuery(participant: participant, sourceStage: stage, isActive: true),
            ReplicationQuery(sourceStage: stage), ReplicationQuery(destinationStage: stage),
            ReplicationQuery(isActive: true),
        ] {
            _ = try await storage.replications(query, after: 1, limit: 2)
        }
        for query in [
            ResourceQuery(kind: .composition), ResourceQuery(kind: .composition, state: "A"),
            ResourceQuery(kind: .composition, links: ["l"]),
            ResourceQuery(kind: .composition, state: "A", links: ["l", "m"]),
        ] {
            _ = try await storage.resource(.composition, "c")
            _ = try await storage.resources(query, after: 1, limit: 2)
            _ = try await storage.resourceCount(query)
        }
        _ = try await storage.webhooks()
        _ = try await storage.notifications(after: 1, stage: nil, limit: 2)
        _ = try await storage.notifications(after: 1, stage: stage, limit: 2)
        _ = try await storage.lastNotification()
        _ = try await storage.deliveries(.pending, to: nil, after: 1, limit: 2)
        _ = try await storage.deliveries(.dead, to: "w", after: 1, limit: 2)
        _ = try await storage.settings(prefix: "access-key/")
        try await storage.apply([.deleteStage(stage)])
    }
}
