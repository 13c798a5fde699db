import GRDB
import Storage

/// What a database is, from what is in it.
enum DatabaseIdentity: Hashable {
    /// Nothing is in it yet.
    case empty
    /// Rostrum's, of this version of the schema, which this program knows.
    case rostrum(version: Int)
    /// Somebody else's.
    case foreign
}

extension Database {
    /// - Throws: ``StorageError/newerSchema(found:supported:)``, or what SQLite says.
    func identity() throws -> DatabaseIdentity {
        let tables = try Set(
            String.fetchAll(self, sql: "SELECT name FROM sqlite_master WHERE type = 'table'"))
        if tables.isEmpty { return .empty }
        let version = try Int.fetchOne(self, sql: "PRAGMA user_version") ?? 0
        guard version > 0, tables.isSuperset(of: Schema.firstTables) else { return .foreign }
        guard version <= Schema.steps.count else {
            throw StorageError.newerSchema(found: version, supported: Schema.steps.count)
        }
        return .rostrum(version: version)
    }

    /// Reads everything.
    /// - Returns: the first thing that is wrong; `nil` when the database is sound.
    func firstDefect() throws -> String? {
        let answer = try String.fetchOne(self, sql: "PRAGMA integrity_check(1)")
        return answer == "ok" ? nil : answer ?? "SQLite gave no answer"
    }

    func pageSize() throws -> Int64 {
        try Int64.fetchOne(self, sql: "PRAGMA page_size") ?? 4096
    }
}

extension Schema {
    /// The tables of step 1, which a database of every version has.
    static let firstTables: Set = ["stage", "session", "participant", "event", "setting"]
}
