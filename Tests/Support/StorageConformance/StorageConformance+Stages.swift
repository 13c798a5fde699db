import Primitives
import Storage
import Testing

extension StorageConformance {
    func stagesKeepTheirOrderAndContent() async throws {
        let storage = try await make(StorageLimits())
        #expect(try await storage.stages(after: nil, limit: 10).isEmpty)
        #expect(try await storage.stage(StageID("zz")) == nil)

        var rich = Sample.stage("zz", name: "first")
        rich.tags = ["é": "ß \"quoted\"", "empty": ""]
        rich.autoParticipantRecording = #"{"a":1}"#
        rich.createdAt = WallTime(unixMilliseconds: 1_700_000_000_123)
        try await storage.apply([.putStage(rich), .putStage(Sample.stage("aa"))])

        let stages = try await storage.stages(after: nil, limit: 10)
        #expect(stages.map(\.id.rawValue) == ["zz", "aa"])
        #expect(stages[0].position < stages[1].position)
        rich.position = stages[0].position
        #expect(stages[0] == rich)
        #expect(try await storage.stage(StageID("zz")) == rich)
        #expect(try await storage.stage(StageID("ZZ")) == nil)
    }

    func stagesComeInPages() async throws {
        let storage = try await make(StorageLimits())
        let ids = (0..<25).map { "stage\($0)" }
        try await storage.apply(ids.map { .putStage(Sample.stage($0)) })
        var found: [String] = []
        var cursor: Int64?
        var sizes: [Int] = []
        repeat {
            let page = try await storage.stages(after: cursor, limit: 10)
            sizes.append(page.count)
            found += page.map(\.id.rawValue)
            cursor = page.last?.position
        } while sizes.last! == 10
        #expect(sizes == [10, 10, 5])
        #expect(found == ids)
    }

    func replacingAStageKeepsItsPosition() async throws {
        let storage = try await make(StorageLimits())
        try await storage.apply([.putStage(Sample.stage("a")), .putStage(Sample.stage("b"))])
        let before = try await storage.stage(StageID("a"))
        var changed = Sample.stage("a", name: "renamed")
        changed.position = 77
        try await storage.apply([
            .putSession(Sample.session(1, of: StageID("a"))), .putStage(changed),
        ])
        let after = try await storage.stage(StageID("a"))
        #expect(after?.name == "renamed")
        #expect(after?.position == before?.position)
        #expect(try await storage.stages(after: nil, limit: 9).map(\.id.rawValue) == ["a", "b"])
        #expect(
            try await storage.sessions(of: StageID("a"), before: nil, limit: 9).count == 1,
            "replacing a stage must not take its sessions")
    }

    func deletingAStageTakesAllOfIt() async throws {
        let storage = try await makeWithStage()
        let participant = ParticipantID("P1")
        try await storage.apply([
            .putStage(Sample.stage("other")), .putSession(Sample.session(1)),
            .putParticipant(
                ParticipantRecord(id: participant, stage: Sample.stage, isRevoked: true)),
            .appendEvent(Sample.event("JOINED", by: "P1")),
        ])
        let position = try await storage.stage(Sample.stage)!.position
        try await storage.apply([.deleteStage(Sample.stage)])
        #expect(try await storage.stage(Sample.stage) == nil)
        #expect(try await storage.stages(after: nil, limit: 9).map(\.id.rawValue) == ["other"])

        // A stage with the same id would start from nothing, at a new place.
        try await storage.apply([.putStage(Sample.stage("S1"))])
        #expect(try await storage.stage(Sample.stage)!.position > position)
        #expect(try await storage.sessions(of: Sample.stage, before: nil, limit: 9).isEmpty)
        #expect(try await storage.participant(participant, of: Sample.stage) == nil)
        let events = try await storage.events(
            of: participant, stage: Sample.stage, session: Sample.session, before: nil, limit: 9)
        #expect(events.isEmpty)

        try await storage.apply([.deleteStage(StageID("neverThere"))])
    }

    /// More than a slice is in it, so that a database may take its time on the disk.
    func deletingALargeStageTakesAllOfIt() async throws {
        let storage = try await makeWithStage(StorageLimits(pruneSlice: 3))
        let id = ParticipantID("P7")
        func nothingIsFound(_ comment: Comment) async throws {
            let (stage, session) = (Sample.stage, Sample.session)
            let query = ParticipantQuery(stage: stage, session: session)
            let participants = try await storage.participants(query, after: nil, limit: 99)
            #expect(participants.isEmpty, comment)
            #expect(try await storage.participant(id, of: stage) == nil, comment)
            #expect(try await storage.participant(id, of: stage, in: session) == nil, comment)
            let events = try await storage.events(
                of: id, stage: stage, session: session, before: nil, limit: 99)
            #expect(events.isEmpty, comment)
            #expect(try await storage.session(session, of: stage) == nil, comment)
            #expect(try await storage.openSessions(after: nil, limit: 9).isEmpty, comment)
            let replications = try await storage.replications(
                ReplicationQuery(), after: nil, limit: 9)
            #expect(replications.isEmpty, comment)
        }
        for round in ["first", "second"] {
            try await fillSampleStage(of: storage)
            #expect(try await storage.participant(id, of: Sample.stage)?.isRevoked == true)
            try await storage.apply([.deleteStage(Sample.stage)])
            try await nothingIsFound("deleted, \(round)")
            #expect(try await storage.stage(Sample.stage) == nil)
            #expect(try await storage.stages(after: nil, limit: 9).map(\.id.rawValue) == ["S2"])
            #expect(try await storage.stageCount() == 1)

            // Late changes do not bring it back.
            try await storage.apply([
                .putParticipant(
                    ParticipantRecord(id: id, stage: Sample.stage, session: Sample.session)),
                .appendEvent(Sample.event("LEFT", by: "P7")), .prune(before: Sample.time(0)),
            ])
            try await nothingIsFound("changed, \(round)")
            try await storage.apply([.putStage(Sample.stage("S1"))])
            try await nothingIsFound("made anew, \(round)")
            #expect(try await storage.stageCount() == 2)
        }
    }

    private func fillSampleStage(of storage: any Storage) async throws {
        let (stage, session) = (Sample.stage, Sample.session)
        var changes: [StorageChange] = [
            .putStage(Sample.stage("S1")), .putStage(Sample.stage("S2")),
            .putSession(SessionRecord(id: session, stage: stage, startedAt: Sample.time(1))),
            .putReplication(
                ReplicationRecord(
                    participant: ParticipantID("P1"), sourceStage: StageID("S2"),
                    sourceSession: session, destinationStage: stage, destinationSession: session,
                    startedAt: Sample.time(1))),
        ]
        for number in 0..<10 {
            changes += [
                .putParticipant(
                    ParticipantRecord(
                        id: ParticipantID("P\(number)"), stage: stage, session: session,
                        isRevoked: true)),
                .appendEvent(Sample.event("JOINED", by: "P7")),
            ]
        }
        try await storage.apply(changes)
    }

    func changesOfUnknownStagesAreIgnored() async throws {
        let storage = try await make(StorageLimits())
        try await storage.apply([
            .putSession(Sample.session(1)),
            .putParticipant(ParticipantRecord(id: ParticipantID("P1"), stage: Sample.stage)),
            .appendEvent(Sample.event("LEFT", by: "P1")),
            .putSetting(key: "k", value: "applied"),
        ])
        #expect(try await storage.settings(prefix: "k") == ["k": "applied"])
        try await storage.apply([.putStage(Sample.stage("S1"))])
        #expect(try await storage.sessions(of: Sample.stage, before: nil, limit: 9).isEmpty)
        #expect(try await storage.participant(ParticipantID("P1"), of: Sample.stage) == nil)
    }

    func settingsAreFoundByPrefix() async throws {
        let storage = try await make(StorageLimits())
        #expect(try await storage.settings(prefix: "").isEmpty)
        try await storage.apply([
            .putSetting(key: "key/b", value: "2"), .putSetting(key: "key/a", value: "1"),
            .putSetting(key: "key", value: "0"), .putSetting(key: "kez/c", value: "3"),
            .putSetting(key: "key/é", value: "ü"), .putSetting(key: "KEY/d", value: "4"),
        ])
        #expect(
            try await storage.settings(prefix: "key/")
                == ["key/a": "1", "key/b": "2", "key/é": "ü"])
        #expect(try await storage.settings(prefix: "").count == 6)
        #expect(try await storage.settings(prefix: "key/%").isEmpty)

        try await storage.apply([
            .putSetting(key: "key/a", value: "changed"), .removeSetting(key: "key/b"),
            .removeSetting(key: "never there"),
        ])
        #expect(try await storage.settings(prefix: "key/") == ["key/a": "changed", "key/é": "ü"])
    }

    func aBatchIsAppliedInOrder() async throws {
        let storage = try await make(StorageLimits())
        try await storage.apply([
            .putSetting(key: "k", value: "1"), .removeSetting(key: "k"),
            .putSetting(key: "k", value: "2"), .putStage(Sample.stage("S1")),
            .deleteStage(Sample.stage),
        ])
        #expect(try await storage.settings(prefix: "k") == ["k": "2"])
        #expect(try await storage.stage(Sample.stage) == nil)
        try await storage.apply([])
    }

    func concurrentWritersLoseNothing() async throws {
        let storage = try await make(StorageLimits())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    for number in 0..<10 {
                        try await storage.apply([
                            .putStage(Sample.stage("w\(writer)n\(number)"))
                        ])
                    }
                }
            }
            try await group.waitForAll()
        }
        let stages = try await storage.stages(after: nil, limit: 1000)
        #expect(stages.count == 80)
        #expect(Set(stages.map(\.position)).count == 80)
    }
}
