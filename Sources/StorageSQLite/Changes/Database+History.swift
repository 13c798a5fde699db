import GRDB
import Primitives
import Storage

extension Database {
    func isStored(stage id: String) throws -> Bool {
        try Bool.fetchOne(
            self, sql: "SELECT EXISTS (SELECT 1 FROM stage WHERE id = ? AND NOT isDeleted)",
            arguments: [id]) ?? false
    }

    func put(_ record: StageRecord) throws {
        try clearDeleted(stage: record.id.rawValue)
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

    func put(_ record: SessionRecord, limits: StorageLimits) throws {
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

    func forget(session: String, of stage: String) throws {
        for statement in [
            "DELETE FROM session WHERE stage = ? AND id = ?",
            "DELETE FROM event WHERE stage = ? AND session = ?",
            "DELETE FROM participant WHERE stage = ? AND session = ? AND NOT isRevoked",
        ] {
            try execute(sql: statement, arguments: [stage, session])
        }
    }

    func put(_ record: ParticipantRecord) throws {
        guard try isStored(stage: record.stage.rawValue) else { return }
        let (stage, id) = (record.stage.rawValue, record.id.rawValue)
        let revision = try Int64.fetchOne(
            self,
            sql: """
                SELECT ifnull(max(revision), 0) + 1 FROM participant WHERE stage = ? AND id = ?
                """,
            arguments: [stage, id])!
        try execute(
            sql: """
                INSERT INTO participant (stage, id, session, userID, attributes, isConnected,
                    hasPublished, firstJoinedAt, isRevoked, client, recordingState, replication,
                    ingestConfigurationARN, revision)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (stage, id, session) DO UPDATE SET userID = excluded.userID,
                    attributes = excluded.attributes, isConnected = excluded.isConnected,
                    hasPublished = excluded.hasPublished, firstJoinedAt = excluded.firstJoinedAt,
                    isRevoked = excluded.isRevoked, client = excluded.client,
                    recordingState = excluded.recordingState, replication = excluded.replication,
                    ingestConfigurationARN = excluded.ingestConfigurationARN,
                    revision = excluded.revision
                """,
            arguments: [
                stage, id, record.session?.rawValue ?? "", record.userID,
                try columnText(record.attributes), record.isConnected, record.hasPublished,
                record.firstJoinedAt?.unixMilliseconds, record.isRevoked,
                try columnText(record.client), record.recordingState,
                try record.replication.map(columnText), record.ingestConfigurationARN, revision,
            ])
    }

    func append(_ record: ParticipantEventRecord, limits: StorageLimits) throws {
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
                    name, time, remoteParticipant, errorCode, details)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                stage, sequence, session, participant, participantSequence, record.name,
                record.time.unixMilliseconds, record.remoteParticipant?.rawValue, record.errorCode,
                try record.details.map(columnText),
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

    func put(_ record: ReplicationRecord) throws {
        let (source, destination) = (record.sourceStage.rawValue, record.destinationStage.rawValue)
        guard try isStored(stage: source), try isStored(stage: destination) else { return }
        try execute(
            sql: """
                INSERT INTO replication (participant, sourceStage, sourceSession, destinationStage,
                    destinationSession, attributes, reconnectWindowSeconds, isActive, startedAt,
                    endedAt)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (participant, sourceStage, destinationStage) DO UPDATE
                    SET sourceSession = excluded.sourceSession,
                    destinationSession = excluded.destinationSession,
                    attributes = excluded.attributes,
                    reconnectWindowSeconds = excluded.reconnectWindowSeconds,
                    isActive = excluded.isActive, startedAt = excluded.startedAt,
                    endedAt = excluded.endedAt
                """,
            arguments: [
                record.participant.rawValue, source, record.sourceSession.rawValue, destination,
                record.destinationSession.rawValue, try columnText(record.attributes),
                record.reconnectWindowSeconds, record.isActive, record.startedAt.unixMilliseconds,
                record.endedAt?.unixMilliseconds,
            ])
    }
}
