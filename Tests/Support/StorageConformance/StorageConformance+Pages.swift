import Primitives
import Storage
import Testing

// Pages of history while others write: every entry once, in an order that stays.
extension StorageConformance {
    func sessionsComeInPages() async throws {
        let storage = try await makeWithStage()
        try await storage.apply((1...7).map { .putSession(Sample.session($0)) })
        var (found, cursor): ([SessionRecord], Int64?) = ([], nil)
        while true {
            let page = try await storage.sessions(of: Sample.stage, before: cursor, limit: 3)
            guard let last = page.last else { break }
            found += page
            cursor = last.position
            // A newer one, and a change to one that was shown.
            try await storage.apply([
                .putSession(Sample.session(100 + found.count)), .putSession(page[0]),
            ])
        }
        #expect(found.map(\.unplaced) == (1...7).reversed().map { Sample.session($0) })
        let one = try await storage.session(Sample.session(3).id, of: Sample.stage)
        #expect(one?.unplaced == Sample.session(3))
        #expect(try await storage.session(StageSessionID("st-x"), of: Sample.stage) == nil)
    }

    func participantsComeInTheOrderOfJoining() async throws {
        let storage = try await makeWithStage()
        func record(_ number: Int) -> ParticipantRecord {
            ParticipantRecord(
                id: ParticipantID("P\(number)"), stage: Sample.stage, session: Sample.session,
                userID: number.isMultiple(of: 2) ? "even" : "odd",
                isConnected: number.isMultiple(of: 3), hasPublished: number.isMultiple(of: 5),
                recordingState: number.isMultiple(of: 7) ? "ACTIVE" : "")
        }
        try await storage.apply((1...30).map { .putParticipant(record($0)) })
        var elsewhere = record(99)
        elsewhere.session = StageSessionID("st-elsewhere")
        try await storage.apply([.putParticipant(elsewhere)])
        for (filter, wanted) in [
            (nil, Array(1...30)),
            (.userID("even"), (1...30).filter { $0.isMultiple(of: 2) }),
            (.isConnected(false), (1...30).filter { !$0.isMultiple(of: 3) }),
            (.hasPublished(true), (1...30).filter { $0.isMultiple(of: 5) }),
            (.recordingState("ACTIVE"), [7, 14, 21, 28]),
        ] as [(ParticipantQuery.Filter?, [Int])] {
            let query = ParticipantQuery(
                stage: Sample.stage, session: Sample.session, filter: filter)
            var (found, cursor): ([ParticipantRecord], Int64?) = ([], nil)
            while true {
                let page = try await storage.participants(query, after: cursor, limit: 4)
                guard let last = page.last else { break }
                found += page
                cursor = last.position
                // Somebody who was shown changes, and stays in its place.
                try await storage.apply([.putParticipant(page[0])])
            }
            #expect(found.map(\.id.rawValue) == wanted.map { "P\($0)" })
        }
    }

    func eventsComeInPages() async throws {
        let storage = try await makeWithStage()
        let events = (0..<20).map { Sample.event("E\($0)", by: "A") }
        for event in events {
            try await storage.apply([
                .appendEvent(event), .appendEvent(Sample.event("X", by: "B")),
            ])
        }
        var (found, cursor): ([ParticipantEventRecord], Int64?) = ([], nil)
        while true {
            let page = try await storage.events(
                of: ParticipantID("A"), stage: Sample.stage, session: Sample.session,
                before: cursor, limit: 3)
            guard let last = page.last else { break }
            found += page
            cursor = last.position
            try await storage.apply([.appendEvent(Sample.event("NEW", by: "A"))])
        }
        #expect(found.map(\.unplaced) == events.reversed())
    }

    func oldHistoryIsPruned() async throws {
        let storage = try await makeWithStage()
        func participant(_ id: String, _ session: Int, isRevoked: Bool = false) -> StorageChange {
            .putParticipant(
                ParticipantRecord(
                    id: ParticipantID(id), stage: Sample.stage, session: Sample.session(session).id,
                    isRevoked: isRevoked))
        }
        var (ended, recent) = (Sample.session(1), Sample.session(2))
        ended.endedAt = Sample.time(10)
        recent.endedAt = Sample.time(100)
        var late = Sample.event("LATE", by: "C", session: Sample.session(3).id)
        late.time = Sample.time(100)
        try await storage.apply([
            .putSession(ended), .putSession(recent), .putSession(Sample.session(3)),
            participant("A", 1), participant("B", 2), participant("C", 3),
            participant("dead", 1, isRevoked: true),
            .appendEvent(Sample.event("JOINED", by: "A", session: ended.id)),
            .appendEvent(Sample.event("EARLY", by: "C", session: Sample.session(3).id)),
            .appendEvent(late),
        ])
        for _ in 0..<9 { try await storage.apply([.prune(before: Sample.time(50))]) }
        let kept = try await storage.sessions(of: Sample.stage, before: nil, limit: 9)
        #expect(kept.map(\.id) == [Sample.session(3).id, recent.id])
        #expect(try await storage.participant(ParticipantID("A"), of: Sample.stage) == nil)
        #expect(try await storage.participant(ParticipantID("B"), of: Sample.stage) != nil)
        let dead = try await storage.participant(ParticipantID("dead"), of: Sample.stage)
        #expect(dead?.isRevoked == true, "a dead token must stay dead")
        let events = try await storage.events(
            of: ParticipantID("C"), stage: Sample.stage, session: Sample.session(3).id,
            before: nil, limit: 9)
        #expect(events.map(\.name) == ["LATE"])
    }
}

// Records as they were given: without the place that the storage gave them.
extension SessionRecord {
    var unplaced: SessionRecord {
        var record = self
        record.position = 0
        return record
    }
}

extension ParticipantRecord {
    var unplaced: ParticipantRecord {
        var record = self
        record.position = 0
        return record
    }
}

extension ParticipantEventRecord {
    var unplaced: ParticipantEventRecord {
        var record = self
        record.position = 0
        return record
    }
}
