import GRDB

extension Schema {
    /// Step 2: pages of participants and events, replications, resources, and the outbox.
    @Sendable static func addWholeAPI(_ database: Database) throws {
        for sql in [participants, events, sessions, replications, resources, outbox] {
            try database.execute(sql: sql)
        }
    }

    /// A participant keeps its position from now on, so that lists have an order that writes do not
    /// change; which of its records is the newest is told by the revision.
    private static let participants = """
        ALTER TABLE participant ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE participant ADD COLUMN recordingState TEXT NOT NULL DEFAULT '';
        ALTER TABLE participant ADD COLUMN replication TEXT;
        ALTER TABLE participant ADD COLUMN ingestConfigurationARN TEXT;
        UPDATE participant SET revision = position;
        DROP INDEX participantBySession;
        CREATE INDEX participantBySession ON participant (stage, session, position);
        CREATE INDEX participantByUser ON participant (stage, session, userID, position);
        CREATE INDEX participantByPublished
            ON participant (stage, session, hasPublished, position);
        CREATE INDEX participantByConnection
            ON participant (stage, session, isConnected, position);
        CREATE INDEX participantByRecording
            ON participant (stage, session, recordingState, position);
        CREATE INDEX participantByRevision ON participant (stage, id, revision);
        """

    private static let events = """
        ALTER TABLE event ADD COLUMN details TEXT;
        CREATE INDEX eventByAuthor ON event (stage, session, participant, sequence);
        CREATE INDEX eventByTime ON event (time);
        """

    private static let sessions = """
        CREATE INDEX sessionByEnd ON session (endedAt) WHERE endedAt IS NOT NULL;
        CREATE INDEX sessionOpen ON session (position) WHERE endedAt IS NULL;
        """

    private static let replications = """
        CREATE TABLE replication (
            position INTEGER PRIMARY KEY AUTOINCREMENT,
            participant TEXT NOT NULL,
            sourceStage TEXT NOT NULL REFERENCES stage(id) ON DELETE CASCADE,
            sourceSession TEXT NOT NULL,
            destinationStage TEXT NOT NULL REFERENCES stage(id) ON DELETE CASCADE,
            destinationSession TEXT NOT NULL,
            attributes TEXT NOT NULL,
            reconnectWindowSeconds INTEGER NOT NULL,
            isActive INTEGER NOT NULL,
            startedAt INTEGER NOT NULL,
            endedAt INTEGER,
            UNIQUE (participant, sourceStage, destinationStage)
        );
        CREATE INDEX replicationByParticipant
            ON replication (sourceStage, participant, position);
        CREATE INDEX replicationBySource ON replication (sourceStage, position);
        CREATE INDEX replicationByDestination ON replication (destinationStage, position);
        CREATE INDEX replicationActive ON replication (position) WHERE isActive;
        CREATE INDEX replicationByEnd ON replication (endedAt) WHERE endedAt IS NOT NULL;
        """

    /// `links` stands in the resource for reading it, and in a table of its own for finding it.
    private static let resources = """
        CREATE TABLE resource (
            position INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL,
            id TEXT NOT NULL,
            arn TEXT NOT NULL,
            name TEXT NOT NULL,
            tags TEXT NOT NULL,
            state TEXT NOT NULL,
            links TEXT NOT NULL,
            body TEXT NOT NULL,
            createdAt INTEGER NOT NULL,
            expiresAt INTEGER,
            UNIQUE (kind, id)
        );
        CREATE INDEX resourceByKind ON resource (kind, position);
        CREATE INDEX resourceByState ON resource (kind, state, position);
        CREATE INDEX resourceByExpiry ON resource (expiresAt) WHERE expiresAt IS NOT NULL;
        CREATE TABLE resourceLink (
            kind TEXT NOT NULL,
            link TEXT NOT NULL,
            resource INTEGER NOT NULL REFERENCES resource(position) ON DELETE CASCADE,
            PRIMARY KEY (kind, link, resource)
        ) WITHOUT ROWID;
        CREATE INDEX resourceLinkByResource ON resourceLink (resource);
        """

    private static let outbox = """
        CREATE TABLE webhook (
            id TEXT PRIMARY KEY,
            url TEXT NOT NULL,
            secret TEXT NOT NULL,
            kinds TEXT NOT NULL,
            createdAt INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE notification (
            position INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL,
            stage TEXT,
            kind TEXT NOT NULL,
            time INTEGER NOT NULL,
            body TEXT NOT NULL
        );
        CREATE INDEX notificationByStage ON notification (stage, position);
        CREATE INDEX notificationByTime ON notification (time);
        CREATE TABLE delivery (
            webhook TEXT NOT NULL REFERENCES webhook(id) ON DELETE CASCADE,
            notification INTEGER NOT NULL REFERENCES notification(position),
            state TEXT NOT NULL,
            attempts INTEGER NOT NULL,
            lastAttemptAt INTEGER,
            lastError TEXT,
            PRIMARY KEY (webhook, notification)
        ) WITHOUT ROWID;
        CREATE INDEX deliveryByState ON delivery (state, notification);
        CREATE INDEX deliveryByWebhook ON delivery (webhook, state, notification);
        CREATE INDEX deliveryByNotification ON delivery (notification);
        """
}
