import GRDB

extension Schema {
    /// Step 3: a stage with much in it is marked first, and taken away in slices.
    @Sendable static func addDeletedStages(_ database: Database) throws {
        try database.execute(
            sql: """
                ALTER TABLE stage ADD COLUMN isDeleted INTEGER NOT NULL DEFAULT 0;
                CREATE INDEX stageDeleted ON stage (id) WHERE isDeleted;
                """)
    }
}
