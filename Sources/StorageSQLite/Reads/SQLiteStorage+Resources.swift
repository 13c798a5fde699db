import GRDB
package import Storage

extension SQLiteStorage {
    package func resource(
        _ kind: ResourceRecord.Kind, _ id: String
    ) async throws(StorageError) -> ResourceRecord? {
        try await read { database in
            try Row.fetchOne(
                database, sql: "SELECT * FROM resource WHERE kind = ? AND id = ?",
                arguments: [kind.rawValue, id]
            ).map(ResourceRecord.init(row:))
        }
    }

    package func resources(
        _ query: ResourceQuery, after cursor: Int64?, limit: Int
    ) async throws(StorageError) -> [ResourceRecord] {
        let (conditions, arguments) = query.conditions
        let sql = "SELECT * FROM resource WHERE \(conditions) AND position > ?"
        let all = arguments + [cursor ?? 0, limit]
        return try await read { database in
            try Row.fetchAll(
                database, sql: sql + " ORDER BY position LIMIT ?", arguments: all
            ).map(ResourceRecord.init(row:))
        }
    }

    package func resourceCount(_ query: ResourceQuery) async throws(StorageError) -> Int {
        let (conditions, arguments) = query.conditions
        return try await read { database in
            try Int.fetchOne(
                database, sql: "SELECT count(*) FROM resource WHERE \(conditions)",
                arguments: arguments) ?? 0
        }
    }
}

extension ResourceQuery {
    fileprivate var conditions: (sql: String, arguments: StatementArguments) {
        var conditions = ["kind = ?"]
        var arguments: StatementArguments = [kind.rawValue]
        if let state {
            conditions.append("state = ?")
            arguments += [state]
        }
        for link in links.sorted() {
            conditions.append(
                "position IN (SELECT resource FROM resourceLink WHERE kind = ? AND link = ?)")
            arguments += [kind.rawValue, link]
        }
        return (conditions.joined(separator: " AND "), arguments)
    }
}
