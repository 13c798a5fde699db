import Primitives
import Storage
import Testing

extension StorageConformance {
    func sessionsComeNewestFirst() async throws {
        let storage = try await makeWithStage()
        try await storage.apply((1...3).map { .putSession(Sample.session($0)) })
        var ended = Sample.session(1)
        ended.endedAt = Sample.time(60)
        try await storage.apply([.putSession(ended)])
        let sessions = try await storage.sessions(of: Sample.stage, before: nil, limit: 9)
            .map(\.unplaced)
        #expect(sessions == [Sample.session(3), Sample.session(2), ended])
        let newest = try await storage.sessions(of: Sample.stage, before: nil, limit: 1)
            .map(\.unplaced)
        #expect(newest == [Sample.session(3)])
    }

    func openSessionsOfAllStages() async throws {
        let storage = try await makeWithStage()
        let other = StageID("S2")
        var ended = Sample.session(2, of: other)
        ended.endedAt = Sample.time(9)
        try await storage.apply([
            .putStage(Sample.stage("S2")), .putSession(Sample.session(1)), .putSession(ended),
            .putSession(Sample.session(3, of: other)), .putSession(Sample.session(4)),
        ])
        let first = try await storage.openSessions(after: nil, limit: 2)
        #expect(first.map(\.unplaced) == [Sample.session(1), Sample.session(3, of: other)])
        let rest = try await storage.openSessions(after: first.last?.position, limit: 2)
        #expect(rest.map(\.unplaced) == [Sample.session(4)])
        try await storage.apply([.deleteStage(other)])
        #expect(try await storage.openSessions(after: nil, limit: 9).count == 2)
    }

    func sessionsAreBounded() async throws {
        let storage = try await makeWithStage(StorageLimits(sessionsPerStage: 2))
        let first = Sample.session(1).id
        func participant(_ id: String, isRevoked: Bool) -> StorageChange {
            .putParticipant(
                ParticipantRecord(
                    id: ParticipantID(id), stage: Sample.stage, session: first,
                    isRevoked: isRevoked))
        }
        try await storage.apply([
            .putSession(Sample.session(1)), participant("gone", isRevoked: false),
            participant("dead", isRevoked: true),
            .appendEvent(Sample.event("JOINED", by: "gone", session: first)),
            .putSession(Sample.session(2)), .putSession(Sample.session(2)),
        ])
        #expect(try await storage.sessions(of: Sample.stage, before: nil, limit: 9).count == 2)
        #expect(try await storage.participant(ParticipantID("gone"), of: Sample.stage) != nil)

        try await storage.apply([.putSession(Sample.session(3))])
        let kept = try await storage.sessions(of: Sample.stage, before: nil, limit: 9)
            .map(\.unplaced)
        #expect(kept == [Sample.session(3), Sample.session(2)])
        #expect(try await storage.participant(ParticipantID("gone"), of: Sample.stage) == nil)
        let dead = try await storage.participant(ParticipantID("dead"), of: Sample.stage)
        #expect(dead?.isRevoked == true, "a dead token must stay dead")
        let events = try await storage.events(
            of: ParticipantID("gone"), stage: Sample.stage, session: first, before: nil, limit: 9)
        #expect(events.isEmpty)
    }

    func theNewestParticipantRecordIsFound() async throws {
        let storage = try await makeWithStage()
        let id = ParticipantID("P1")
        func record(_ session: Int?, userID: String) -> ParticipantRecord {
            ParticipantRecord(
                id: id, stage: Sample.stage, session: session.map { Sample.session($0).id },
                userID: userID)
        }
        func newest() async throws -> ParticipantRecord? {
            try await storage.participant(id, of: Sample.stage)?.unplaced
        }
        #expect(try await newest() == nil)
        try await storage.apply([
            .putParticipant(record(1, userID: "one")), .putParticipant(record(2, userID: "two")),
        ])
        #expect(try await newest() == record(2, userID: "two"))
        try await storage.apply([.putParticipant(record(1, userID: "late"))])
        #expect(try await newest() == record(1, userID: "late"))
        try await storage.apply([.putParticipant(record(nil, userID: "none"))])
        #expect(try await newest() == record(nil, userID: "none"))
        #expect(try await storage.participant(id, of: StageID("other")) == nil)
    }

    func participantsKeepEveryField() async throws {
        let storage = try await makeWithStage()
        let full = ParticipantRecord(
            id: ParticipantID("P_1-x"), stage: Sample.stage, session: Sample.session,
            userID: "user ☃", attributes: ["k": "v", "": "\u{1}"], isConnected: true,
            hasPublished: true, firstJoinedAt: WallTime(unixMilliseconds: 1_700_000_000_456),
            isRevoked: true,
            client: ClientFacts(
                osName: "Linux", osVersion: "6", browserName: "Firefox", browserVersion: "140",
                sdkVersion: "aiortc 1", protocolName: "WHIP"),
            recordingState: "ACTIVE",
            replication: ReplicationFacts(
                role: .replica, isActive: true, sourceStage: StageID("S2"),
                sourceSession: StageSessionID("st-2")),
            ingestConfigurationARN: "arn:i")
        try await storage.apply([.putParticipant(full)])
        #expect(try await storage.participant(full.id, of: Sample.stage)?.unplaced == full)
        let there = try await storage.participant(
            full.id, of: Sample.stage, in: Sample.session)
        #expect(there?.unplaced == full)
        let elsewhere = try await storage.participant(
            full.id, of: Sample.stage, in: StageSessionID("st-9"))
        #expect(elsewhere == nil)
    }

    func eventsComeNewestFirst() async throws {
        let storage = try await makeWithStage()
        var subscribed = Sample.event("SUBSCRIBE_STARTED", by: "P1")
        subscribed.remoteParticipant = ParticipantID("P2")
        var refused = Sample.event("PUBLISH_ERROR", by: "P1")
        refused.errorCode = "QUOTA_EXCEEDED"
        let facts = TokenFacts(
            capabilities: ["PUBLISH"], attributes: ["a": "b"], userID: "u",
            expiresAt: Sample.time(9))
        refused.details = ParticipantEventRecord.Details(
            destinationStage: StageID("S2"), destinationSession: StageSessionID("st-2"),
            isReplica: true, previousToken: facts, newToken: facts)
        refused.time = WallTime(unixMilliseconds: 5)
        try await storage.apply([
            .appendEvent(Sample.event("JOINED", by: "P1")), .appendEvent(subscribed),
            .appendEvent(Sample.event("JOINED", by: "P2")), .appendEvent(refused),
            .appendEvent(Sample.event("JOINED", by: "P1", session: StageSessionID("st-2"))),
        ])
        func events(_ participant: String, limit: Int = 9) async throws -> [ParticipantEventRecord]
        {
            try await storage.events(
                of: ParticipantID(participant), stage: Sample.stage, session: Sample.session,
                before: nil, limit: limit
            ).map(\.unplaced)
        }
        #expect(
            try await events("P1") == [refused, subscribed, Sample.event("JOINED", by: "P1")])
        #expect(try await events("P1", limit: 2) == [refused, subscribed])
        #expect(try await events("P2").count == 1)
        #expect(try await events("P3").isEmpty)
    }

    func eventsAreBoundedPerParticipant() async throws {
        let storage = try await makeWithStage(StorageLimits(eventsPerParticipant: 3))
        try await storage.apply([.appendEvent(Sample.event("JOINED", by: "quiet"))])
        for number in 0..<10 {
            try await storage.apply([.appendEvent(Sample.event("E\(number)", by: "noisy"))])
        }
        #expect(try await names(by: "noisy", in: storage) == ["E9", "E8", "E7"])
        #expect(try await names(by: "quiet", in: storage) == ["JOINED"])
    }

    func eventsAreBoundedPerStage() async throws {
        let storage = try await makeWithStage(StorageLimits(eventsPerStage: 5))
        try await storage.apply([
            .putStage(Sample.stage("S2")),
            .appendEvent(Sample.event("ELSEWHERE", by: "A", stage: StageID("S2"))),
        ])
        for number in 0..<17 {
            try await storage.apply([
                .appendEvent(Sample.event("E\(number)", by: number.isMultiple(of: 2) ? "A" : "B"))
            ])
        }
        #expect(try await names(by: "A", in: storage) == ["E16", "E14", "E12"])
        #expect(try await names(by: "B", in: storage) == ["E15", "E13"])
        let elsewhere = try await storage.events(
            of: ParticipantID("A"), stage: StageID("S2"), session: Sample.session, before: nil,
            limit: 9)
        #expect(elsewhere.count == 1)
    }

    private func names(
        by participant: String, in storage: any Storage
    ) async throws -> [String] {
        try await storage.events(
            of: ParticipantID(participant), stage: Sample.stage, session: Sample.session,
            before: nil, limit: 99
        ).map(\.name)
    }
}
