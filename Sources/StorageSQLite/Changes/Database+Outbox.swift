import GRDB
import Primitives
import Storage

extension Database {
    func put(_ record: WebhookRecord) throws {
        try run(
            """
            INSERT INTO webhook (id, url, secret, kinds, createdAt) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET url = excluded.url, secret = excluded.secret,
                kinds = excluded.kinds, createdAt = excluded.createdAt
            """,
            [
                record.id, record.url, record.secret, try columnText(record.kinds.sorted()),
                record.createdAt.unixMilliseconds,
            ])
    }

    func append(_ record: NotificationRecord, limits: StorageLimits) throws {
        try run(
            "INSERT INTO notification (id, stage, kind, time, body) VALUES (?, ?, ?, ?, ?)",
            [
                record.id, record.stage?.rawValue, record.kind, record.time.unixMilliseconds,
                record.body,
            ])
        let position = lastInsertedRowID
        // Each webhook keeps its kinds as a list; an empty one wants everything.
        try run(
            """
            INSERT INTO delivery (webhook, notification, state, attempts)
            SELECT id, ?, ?, 0 FROM webhook WHERE kinds = '[]'
                OR EXISTS (SELECT 1 FROM json_each(webhook.kinds) WHERE value = ?)
            """,
            [position, DeliveryRecord.State.pending.rawValue, record.kind])
        try bound(notifications: limits.notifications, newest: position)
    }

    /// Looked at once in a while, since what is still to be delivered is passed over each time.
    private func bound(notifications limit: Int, newest: Int64) throws {
        guard newest.isMultiple(of: min(Int64(limit), 256)) else { return }
        try run(
            """
            DELETE FROM notification WHERE position <= ?
                AND NOT EXISTS (
                    SELECT 1 FROM delivery WHERE notification = notification.position)
            """,
            [newest - Int64(limit)])
    }

    func put(_ record: DeliveryRecord, limits: StorageLimits) throws {
        try run(
            """
            UPDATE delivery SET state = ?, attempts = ?, lastAttemptAt = ?, lastError = ?
            WHERE webhook = ? AND notification = ?
            """,
            [
                record.state.rawValue, record.attempts, record.lastAttemptAt?.unixMilliseconds,
                record.lastError, record.webhook, record.notification.position,
            ])
        guard record.state == .dead else { return }
        let oldestKept: Int64? = try value(
            """
            SELECT notification FROM delivery WHERE state = ?
            ORDER BY notification DESC LIMIT 1 OFFSET ?
            """,
            [record.state.rawValue, limits.deadDeliveries - 1])
        guard let oldestKept else { return }
        try run(
            "DELETE FROM delivery WHERE state = ? AND notification < ?",
            [record.state.rawValue, oldestKept])
    }
}
