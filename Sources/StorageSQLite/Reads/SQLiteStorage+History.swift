import GRDB
package import Primitives
package import Storage

extension SQLiteStorage {
    package func session(
        _ id: StageSessionID, of stage: StageID
    ) async throws(StorageError) -> SessionRecord? {
        try await read { database in
            try database.row(
                "SELECT * FROM session WHERE stage = ? AND id = ?",
                [stage.rawValue, id.rawValue]
            ).map(SessionRecord.init(row:))
        }
    }

    package func sessions(
        of stage: StageID, before cursor: Int64?, limit: Int
    ) async throws(StorageError) -> [SessionRecord] {
        try await read { database in
            try database.rows(
                """
                SELECT * FROM session WHERE stage = ? AND position < ?
                ORDER BY position DESC LIMIT ?
                """,
                [stage.rawValue, cursor ?? .max, limit]
            ).map(SessionRecord.init(row:))
        }
    }

    package func openSessions(
        after cursor: Int64?, limit: Int
    ) async throws(StorageError) -> [SessionRecord] {
        try await read { database in
            try database.rows(
                """
                SELECT * FROM session WHERE endedAt IS NULL AND position > ?
                ORDER BY position LIMIT ?
                """,
                [cursor ?? 0, limit]
            ).map(SessionRecord.init(row:))
        }
    }

    package func participant(
        _ id: ParticipantID, of stage: StageID
    ) async throws(StorageError) -> ParticipantRecord? {
        try await look { database in
            try database.row(
                """
                SELECT * FROM participant WHERE stage = ? AND id = ?
                    AND EXISTS (SELECT 1 FROM stage WHERE id = participant.stage AND NOT isDeleted)
                ORDER BY revision DESC LIMIT 1
                """,
                [stage.rawValue, id.rawValue]
            ).map(ParticipantRecord.init(row:))
        }
    }

    package func participant(
        _ id: ParticipantID, of stage: StageID, in session: StageSessionID
    ) async throws(StorageError) -> ParticipantRecord? {
        try await read { database in
            guard try database.isStored(stage: stage.rawValue) else { return nil }
            return try database.row(
                "SELECT * FROM participant WHERE stage = ? AND id = ? AND session = ?",
                [stage.rawValue, id.rawValue, session.rawValue]
            ).map(ParticipantRecord.init(row:))
        }
    }

    package func participants(
        _ query: ParticipantQuery, after cursor: Int64?, limit: Int
    ) async throws(StorageError) -> [ParticipantRecord] {
        let (condition, value) = query.filter.map(\.condition) ?? ("? IS NULL", .null)
        return try await read { database in
            guard try database.isStored(stage: query.stage.rawValue) else { return [] }
            return try database.rows(
                """
                SELECT * FROM participant
                WHERE stage = ? AND session = ? AND \(condition) AND position > ?
                ORDER BY position LIMIT ?
                """,
                [
                    query.stage.rawValue, query.session.rawValue, value, cursor ?? 0, limit,
                ]
            ).map(ParticipantRecord.init(row:))
        }
    }

    package func events(
        of participant: ParticipantID, stage: StageID, session: StageSessionID,
        before cursor: Int64?, limit: Int
    ) async throws(StorageError) -> [ParticipantEventRecord] {
        try await read { database in
            guard try database.isStored(stage: stage.rawValue) else { return [] }
            return try database.rows(
                """
                SELECT * FROM event
                WHERE stage = ? AND session = ? AND participant = ? AND sequence < ?
                ORDER BY sequence DESC LIMIT ?
                """,
                [
                    stage.rawValue, session.rawValue, participant.rawValue, cursor ?? .max, limit,
                ]
            ).map(ParticipantEventRecord.init(row:))
        }
    }

    package func replications(
        _ query: ReplicationQuery, after cursor: Int64?, limit: Int
    ) async throws(StorageError) -> [ReplicationRecord] {
        var conditions = ["position > ?"]
        var arguments: StatementArguments = [cursor ?? 0]
        for (column, value) in [
            ("participant", query.participant?.rawValue),
            ("sourceStage", query.sourceStage?.rawValue),
            ("destinationStage", query.destinationStage?.rawValue),
        ] {
            guard let value else { continue }
            conditions.append("\(column) = ?")
            arguments += [value]
        }
        // In words that the partial index of the active ones has.
        if let isActive = query.isActive {
            conditions.append(isActive ? "isActive" : "NOT isActive")
        }
        let sql = """
            SELECT * FROM replication WHERE \(conditions.joined(separator: " AND "))
            ORDER BY position LIMIT ?
            """
        let all = arguments + [limit]
        return try await read { database in
            try database.rows(sql, all).map(ReplicationRecord.init(row:))
        }
    }
}

extension ParticipantQuery.Filter {
    /// A condition with one place for a value, and the value.
    fileprivate var condition: (sql: String, value: DatabaseValue) {
        switch self {
        case .userID(let id): ("userID = ?", id.databaseValue)
        case .hasPublished(let value): ("hasPublished = ?", value.databaseValue)
        case .isConnected(let value): ("isConnected = ?", value.databaseValue)
        case .recordingState(let state): ("recordingState = ?", state.databaseValue)
        }
    }
}
