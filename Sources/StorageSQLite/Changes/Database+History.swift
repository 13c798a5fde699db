import GRDB
import Primitives
import Storage

extension Database {
    func isStored(stage id: String) throws -> Bool {
        try value(
            "SELECT EXISTS (SELECT 1 FROM stage WHERE id = ? AND NOT isDeleted)",
            [id]) ?? false
    }

    func put(_ record: StageRecord) throws {
        try clearDeleted(stage: record.id.rawValue)
        try run(
            """
            INSERT INTO stage (id, arn, name, tags, autoParticipantRecording, createdAt)
            VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET arn = excluded.arn, name = excluded.name,
                tags = excluded.tags,
                autoParticipantRecording = excluded.autoParticipantRecording,
                createdAt = excluded.createdAt
            """,
            [
                record.id.rawValue, record.arn, record.name, try columnText(record.tags),
                record.autoParticipantRecording, record.createdAt.unixMilliseconds,
            ])
    }

    func put(_ record: SessionRecord, limits: StorageLimits) throws {
        let stage = record.stage.rawValue
        guard try isStored(stage: stage) else { return }
        try run(
            """
            INSERT INTO session (stage, id, startedAt, endedAt) VALUES (?, ?, ?, ?)
            ON CONFLICT (stage, id) DO UPDATE
                SET startedAt = excluded.startedAt, endedAt = excluded.endedAt
            """,
            [
                stage, record.id.rawValue, record.startedAt.unixMilliseconds,
                record.endedAt?.unixMilliseconds,
            ])
        let surplus: [String] = try values(
            """
            SELECT id FROM session WHERE stage = ?
            ORDER BY position DESC LIMIT -1 OFFSET ?
            """,
            [stage, limits.sessionsPerStage])
        for session in surplus { try forget(session: session, of: stage) }
    }

    func forget(session: String, of stage: String) throws {
        for statement in [
            "DELETE FROM session WHERE stage = ? AND id = ?",
            "DELETE FROM event WHERE stage = ? AND session = ?",
            "DELETE FROM participant WHERE stage = ? AND session = ? AND NOT isRevoked",
        ] {
            try run(statement, [stage, session])
        }
    }

    func put(_ record: ParticipantRecord) throws {
        let (stage, id) = (record.stage.rawValue, record.id.rawValue)
        try run(
            """
            INSERT INTO participant (stage, id, session, userID, attributes, isConnected,
                hasPublished, firstJoinedAt, isRevoked, client, recordingState, replication,
                ingestConfigurationARN, revision)
            SELECT stage.id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
                (SELECT ifnull(max(revision), 0) + 1 FROM participant AS known
                    WHERE known.stage = stage.id AND known.id = ?)
            FROM stage WHERE stage.id = ? AND NOT isDeleted
            ON CONFLICT (stage, id, session) DO UPDATE SET userID = excluded.userID,
                attributes = excluded.attributes, isConnected = excluded.isConnected,
                hasPublished = excluded.hasPublished, firstJoinedAt = excluded.firstJoinedAt,
                isRevoked = excluded.isRevoked, client = excluded.client,
                recordingState = excluded.recordingState, replication = excluded.replication,
                ingestConfigurationARN = excluded.ingestConfigurationARN,
                revision = excluded.revision
            """,
            [
                id, record.session?.rawValue ?? "", record.userID,
                try columnText(record.attributes), record.isConnected, record.hasPublished,
                record.firstJoinedAt?.unixMilliseconds, record.isRevoked,
                try columnText(record.client), record.recordingState,
                try record.replication.map(columnText), record.ingestConfigurationARN, id, stage,
            ])
    }

    func append(_ record: ParticipantEventRecord, limits: StorageLimits) throws {
        let (stage, session) = (record.stage.rawValue, record.session.rawValue)
        let participant = record.participant.rawValue
        let place = try row(
            """
            INSERT INTO event (stage, sequence, session, participant, participantSequence,
                name, time, remoteParticipant, errorCode, details)
            SELECT stage.id,
                (SELECT ifnull(max(sequence), 0) + 1 FROM event AS known
                    WHERE known.stage = stage.id),
                ?, ?,
                (SELECT ifnull(max(participantSequence), 0) + 1 FROM event AS known
                    WHERE known.stage = stage.id AND known.session = ? AND known.participant = ?),
                ?, ?, ?, ?, ?
            FROM stage WHERE stage.id = ? AND NOT isDeleted
            RETURNING sequence, participantSequence
            """,
            [
                session, participant, session, participant, record.name,
                record.time.unixMilliseconds, record.remoteParticipant?.rawValue, record.errorCode,
                try record.details.map(columnText), stage,
            ])
        guard let place else { return }
        try dropEvents(of: stage, until: place[0] - Int64(limits.eventsPerStage))
        try dropEvents(
            of: participant, stage: stage, session: session,
            until: place[1] - Int64(limits.eventsPerParticipant))
    }

    /// Both sequences begin with 1: up to 0 there is nothing.
    private func dropEvents(of stage: String, until sequence: Int64) throws {
        guard sequence > 0 else { return }
        try run("DELETE FROM event WHERE stage = ? AND sequence <= ?", [stage, sequence])
    }

    private func dropEvents(
        of participant: String, stage: String, session: String, until sequence: Int64
    ) throws {
        guard sequence > 0 else { return }
        try run(
            """
            DELETE FROM event
            WHERE stage = ? AND session = ? AND participant = ? AND participantSequence <= ?
            """,
            [stage, session, participant, sequence])
    }

    func put(_ record: ReplicationRecord) throws {
        let (source, destination) = (record.sourceStage.rawValue, record.destinationStage.rawValue)
        guard try isStored(stage: source), try isStored(stage: destination) else { return }
        try run(
            """
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
            [
                record.participant.rawValue, source, record.sourceSession.rawValue, destination,
                record.destinationSession.rawValue, try columnText(record.attributes),
                record.reconnectWindowSeconds, record.isActive, record.startedAt.unixMilliseconds,
                record.endedAt?.unixMilliseconds,
            ])
    }
}
