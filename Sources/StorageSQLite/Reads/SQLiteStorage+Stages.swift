import GRDB
package import Primitives
package import Storage

extension SQLiteStorage {
    package func stage(_ id: StageID) async throws(StorageError) -> StageRecord? {
        try await look { database in
            try database.row(
                "SELECT * FROM stage WHERE id = ? AND NOT isDeleted",
                [id.rawValue]
            ).map(StageRecord.init(row:))
        }
    }

    package func stages(
        after cursor: Int64?, limit: Int
    ) async throws(StorageError) -> [StageRecord] {
        try await read { database in
            try database.rows(
                """
                SELECT * FROM stage WHERE position > ? AND NOT isDeleted
                ORDER BY position LIMIT ?
                """,
                [cursor ?? 0, limit]
            ).map(StageRecord.init(row:))
        }
    }

    package func stageCount() async throws(StorageError) -> Int {
        // Of the smallest index: 100,000 stages are counted in some milliseconds.
        try await read { database in
            try database.value(
                """
                SELECT (SELECT count(*) FROM stage)
                    - (SELECT count(*) FROM stage WHERE isDeleted)
                """) ?? 0
        }
    }

    package func settings(prefix: String) async throws(StorageError) -> [String: String] {
        try await read { database in
            let rows = try database.rows(
                """
                SELECT key, value FROM setting
                WHERE key >= :prefix AND substr(key, 1, length(:prefix)) = :prefix
                """,
                ["prefix": prefix])
            return Dictionary(uniqueKeysWithValues: rows.map { ($0["key"], $0["value"]) })
        }
    }
}
