import GRDB
package import Primitives
package import Storage

extension SQLiteStorage {
    package func webhooks() async throws(StorageError) -> [WebhookRecord] {
        try await read { database in
            try database.rows("SELECT * FROM webhook ORDER BY createdAt, id")
                .map(WebhookRecord.init(row:))
        }
    }

    package func notifications(
        after cursor: Int64, stage: StageID?, limit: Int
    ) async throws(StorageError) -> [NotificationRecord] {
        let condition = stage == nil ? "" : "stage = ? AND "
        let arguments: StatementArguments = stage.map { [$0.rawValue] } ?? []
        let all = arguments + [cursor, limit]
        return try await read { database in
            try database.rows(
                """
                SELECT * FROM notification WHERE \(condition)position > ?
                ORDER BY position LIMIT ?
                """,
                all
            ).map(NotificationRecord.init(row:))
        }
    }

    package func lastNotification() async throws(StorageError) -> Int64 {
        try await read { database in
            // Also when the newest was pruned.
            try database.value(
                "SELECT seq FROM sqlite_sequence WHERE name = 'notification'") ?? 0
        }
    }

    package func deliveries(
        _ state: DeliveryRecord.State, to webhook: String?, after cursor: Int64, limit: Int
    ) async throws(StorageError) -> [DeliveryRecord] {
        try await read { database in
            guard let webhook else {
                return try database.deliveries(state, after: cursor, limit: limit)
            }
            return try database.rows(
                Database.deliveryColumns + """
                    WHERE delivery.webhook = ? AND delivery.state = ? AND delivery.notification > ?
                    ORDER BY delivery.notification LIMIT ?
                    """,
                [webhook, state.rawValue, cursor, limit]
            ).map(DeliveryRecord.init(row:))
        }
    }
}

extension Database {
    fileprivate static let deliveryColumns = """
        SELECT notification.*, delivery.webhook, delivery.state, delivery.attempts,
            delivery.lastAttemptAt, delivery.lastError
        FROM delivery CROSS JOIN notification ON notification.position = delivery.notification

        """

    /// Those to all webhooks. A page has whole notifications, since the next begins behind one.
    fileprivate func deliveries(
        _ state: DeliveryRecord.State, after cursor: Int64, limit: Int
    ) throws -> [DeliveryRecord] {
        let last: Int64? = try value(
            """
            SELECT max(notification) FROM (
                SELECT notification FROM delivery WHERE state = ? AND notification > ?
                ORDER BY notification LIMIT ?)
            """,
            [state.rawValue, cursor, limit])
        guard let last else { return [] }
        return try rows(
            Self.deliveryColumns + """
                WHERE delivery.state = ? AND delivery.notification > ?
                    AND delivery.notification <= ?
                ORDER BY delivery.notification, delivery.webhook
                """,
            [state.rawValue, cursor, last]
        ).map(DeliveryRecord.init(row:))
    }
}
