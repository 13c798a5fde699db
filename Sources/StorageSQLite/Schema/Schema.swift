import GRDB
import Storage

/// The form of the database, as the steps that lead to it. The number of steps taken is kept in
/// `PRAGMA user_version`. A step that was released is never edited: add another.
enum Schema {
    static let steps: [@Sendable (Database) throws -> Void] = [
        createTables, addWholeAPI, addDeletedStages,
    ]

    /// Takes the steps that this file has not seen, all or none.
    /// - Throws: ``StorageError/newerSchema(found:supported:)``, or what SQLite says.
    static func migrate(_ writer: some DatabaseWriter) throws {
        try writer.writeWithoutTransaction { database in
            try database.inTransaction(.immediate) {
                let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
                guard version <= steps.count else {
                    throw StorageError.newerSchema(found: version, supported: steps.count)
                }
                for step in steps[version...] { try step(database) }
                try database.execute(sql: "PRAGMA user_version = \(steps.count)")
                return .commit
            }
        }
    }

    @Sendable private static func createTables(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE stage (
                    position INTEGER PRIMARY KEY AUTOINCREMENT,
                    id TEXT NOT NULL UNIQUE,
                    arn TEXT NOT NULL,
                    name TEXT NOT NULL,
                    tags TEXT NOT NULL,
                    autoParticipantRecording TEXT,
                    createdAt INTEGER NOT NULL
                );

                CREATE TABLE session (
                    position INTEGER PRIMARY KEY AUTOINCREMENT,
                    stage TEXT NOT NULL REFERENCES stage(id) ON DELETE CASCADE,
                    id TEXT NOT NULL,
                    startedAt INTEGER NOT NULL,
                    endedAt INTEGER,
                    UNIQUE (stage, id)
                );
                CREATE INDEX sessionByAge ON session (stage, position);

                -- One row a session; session is '' for who never joined. The newest has the highest
                -- position, since a replaced row gets a new one.
                CREATE TABLE participant (
                    position INTEGER PRIMARY KEY AUTOINCREMENT,
                    stage TEXT NOT NULL REFERENCES stage(id) ON DELETE CASCADE,
                    id TEXT NOT NULL,
                    session TEXT NOT NULL,
                    userID TEXT NOT NULL,
                    attributes TEXT NOT NULL,
                    isConnected INTEGER NOT NULL,
                    hasPublished INTEGER NOT NULL,
                    firstJoinedAt INTEGER,
                    isRevoked INTEGER NOT NULL,
                    client TEXT NOT NULL,
                    UNIQUE (stage, id, session)
                );
                CREATE INDEX participantBySession ON participant (stage, session);

                -- Both sequences count what was ever appended, so that the oldest are found without
                -- counting rows.
                CREATE TABLE event (
                    stage TEXT NOT NULL REFERENCES stage(id) ON DELETE CASCADE,
                    sequence INTEGER NOT NULL,
                    session TEXT NOT NULL,
                    participant TEXT NOT NULL,
                    participantSequence INTEGER NOT NULL,
                    name TEXT NOT NULL,
                    time INTEGER NOT NULL,
                    remoteParticipant TEXT,
                    errorCode TEXT,
                    PRIMARY KEY (stage, sequence)
                ) WITHOUT ROWID;
                CREATE UNIQUE INDEX eventByParticipant
                    ON event (stage, session, participant, participantSequence);

                CREATE TABLE setting (
                    key TEXT PRIMARY KEY,
                    value TEXT NOT NULL
                ) WITHOUT ROWID;
                """)
    }
}
