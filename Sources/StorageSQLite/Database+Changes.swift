import GRDB
import Primitives
import Storage

extension Database {
    func apply(_ change: StorageChange, limits: StorageLimits) throws {
        switch change {
        case .putStage(let record): try put(record)
        case .deleteStage(let id):
            // Sessions, participants and events go by their foreign keys.
            try execute(sql: "DELETE FROM stage WHERE id = ?", arguments: [id.rawValue])
        case .putSession(let record): try put(record, limits: limits)
        case .putParticipant(let record): try put(record)
        case .appendEvent(let record): try append(record, limits: limits)
        case .putSetting(let key, let value):
            try execute(
                sql: """
                    INSERT INTO setting (key, value) VALUES (?, ?)
                    ON CONFLICT (key) DO UPDATE SET value = excluded.value
                    """,
                arguments: [key, value])
        case .removeSetting(let key):
            try execute(sql: "DELETE FROM setting WHERE key = ?", arguments: [key])
        }
    }

    private func isStored(stage id: String) throws -> Bool {
        try Bool.fetchOne(
            self, sql: "SELECT EXISTS (SELECT 1 FROM stage WHERE id = ?)", arguments: [id]) ?? false
    }

    private func put(_ record: StageRecord) throws {
        try execute(
            sql: """
                INSERT INTO stage (id, arn, name, tags, autoParticipantRecording, createdAt)
                VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET arn = excluded.arn, name = excluded.name,
                    tags = excluded.tags,
                    autoParticipantRecording = excluded.autoParticipantRecording,
                    createdAt = excluded.createdAt
                """,
            arguments: [
                record.id.rawValue, record.arn, record.name, try columnText(record.tags),
                record.autoParticipantRecording, record.createdAt.unixMilliseconds,
            ])
    }

    private func put(_ record: SessionRecord, limits: StorageLimits) throws {
        let stage = record.stage.rawValue
        guard try isStored(stage: stage) else { return }
        try execute(
            sql: """
                INSERT INTO session (stage, id, startedAt, endedAt) VALUES (?, ?, ?, ?)
                ON CONFLICT (stage, id) DO UPDATE
                    SET startedAt = excluded.startedAt, endedAt = excluded.endedAt
                """,
            arguments: [
                stage, record.id.rawValue, record.startedAt.unixMilliseconds,
                record.endedAt?.unixMilliseconds,
            ])
        let surplus = try String.fetchAll(
            self,
            sql: """
                SELECT id FROM session WHERE stage = ?
                ORDER BY position DESC LIMIT -1 OFFSET ?
                """,
            arguments: [stage, limits.sessionsPerStage])
        for session in surplus { try forget(session: session, of: stage) }
    }

    private func forget(session: String, of stage: String) throws {
        for statement in [
            "DELETE FROM session WHERE stage = ? AND id = ?",
            "DELETE FROM event WHERE stage = ? AND session = ?",
            "DELETE FROM participant WHERE stage = ? AND session = ? AND NOT isRevoked",
        ] {
            try execute(sql: statement, arguments: [stage, session])
        }
    }

    private func put(_ record: ParticipantRecord) throws {
        guard try isStored(stage: record.stage.rawValue) else { return }
        // REPLACE, not an update: the row written last is the newest, and has the highest position.
        try execute(
            sql: """
                INSERT OR REPLACE INTO participant (stage, id, session, userID, attributes,
                    isConnected, hasPublished, firstJoinedAt, isRevoked, client)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                record.stage.rawValue, record.id.rawValue, record.session?.rawValue ?? "",
                record.userID, try columnText(record.attributes), record.isConnected,
                record.hasPublished, record.firstJoinedAt?.unixMilliseconds, record.isRevoked,
                try columnText(record.client),
            ])
    }

    private func append(_ record: ParticipantEventRecord, limits: StorageLimits) throws {
        let (stage, session) = (record.stage.rawValue, record.session.rawValue)
        let participant = record.participant.rawValue
        guard try isStored(stage: stage) else { return }
        let sequence = try Int64.fetchOne(
            self, sql: "SELECT ifnull(max(sequence), 0) + 1 FROM event WHERE stage = ?",
            arguments: [stage])!
        let participantSequence = try Int64.fetchOne(
            self,
            sql: """
                SELECT ifnull(max(participantSequence), 0) + 1 FROM event
                WHERE stage = ? AND session = ? AND participant = ?
                """,
            arguments: [stage, session, participant])!
        try execute(
            sql: """
                INSERT INTO event (stage, sequence, session, participant, participantSequence,
                    name, time, remoteParticipant, errorCode)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                stage, sequence, session, participant, participantSequence, record.name,
                record.time.unixMilliseconds, record.remoteParticipant?.rawValue, record.errorCode,
            ])
        try execute(
            sql: "DELETE FROM event WHERE stage = ? AND sequence <= ?",
            arguments: [stage, sequence - Int64(limits.eventsPerStage)])
        try execute(
            sql: """
                DELETE FROM event
                WHERE stage = ? AND session = ? AND participant = ? AND participantSequence <= ?
                """,
            arguments: [
                stage, session, participant,
                participantSequence - Int64(limits.eventsPerParticipant),
            ])
    }
}
