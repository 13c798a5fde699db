import GRDB
import Primitives
import Storage

extension Database {
    func apply(_ change: StorageChange, limits: StorageLimits) throws {
        switch change {
        case .putStage(let record): try put(record)
        case .deleteStage(let id):
            try delete(stage: id.rawValue, slice: limits.pruneSlice)
        case .putSession(let record): try put(record, limits: limits)
        case .putParticipant(let record): try put(record)
        case .appendEvent(let record): try append(record, limits: limits)
        case .putReplication(let record): try put(record)
        case .putResource(let record): try put(record)
        case .removeResource(let kind, let id):
            try run(
                "DELETE FROM resource WHERE kind = ? AND id = ?",
                [kind.rawValue, id])
        case .putWebhook(let record): try put(record)
        case .removeWebhook(let id):
            // Its deliveries go by their foreign key.
            try run("DELETE FROM webhook WHERE id = ?", [id])
        case .appendNotification(let record): try append(record, limits: limits)
        case .putDelivery(let record): try put(record, limits: limits)
        case .removeDelivery(let webhook, let notification):
            try run(
                "DELETE FROM delivery WHERE webhook = ? AND notification = ?",
                [webhook, notification])
        case .putSetting(let key, let value): try put(setting: key, value)
        case .removeSetting(let key):
            try run("DELETE FROM setting WHERE key = ?", [key])
        case .prune(let time): try prune(before: time, slice: limits.pruneSlice)
        }
    }

    private func put(setting key: String, _ value: String) throws {
        try run(
            """
            INSERT INTO setting (key, value) VALUES (?, ?)
            ON CONFLICT (key) DO UPDATE SET value = excluded.value
            """,
            [key, value])
    }

    private func put(_ record: ResourceRecord) throws {
        let position: Int64? = try value(
            """
            INSERT INTO resource (kind, id, arn, name, tags, state, links, body, createdAt,
                expiresAt)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (kind, id) DO UPDATE SET arn = excluded.arn, name = excluded.name,
                tags = excluded.tags, state = excluded.state, links = excluded.links,
                body = excluded.body, createdAt = excluded.createdAt,
                expiresAt = excluded.expiresAt
            RETURNING position
            """,
            [
                record.kind.rawValue, record.id, record.arn, record.name,
                try columnText(record.tags), record.state, try columnText(record.links.sorted()),
                record.body, record.createdAt.unixMilliseconds, record.expiresAt?.unixMilliseconds,
            ])
        try run("DELETE FROM resourceLink WHERE resource = ?", [position])
        for link in record.links {
            try run(
                "INSERT INTO resourceLink (kind, link, resource) VALUES (?, ?, ?)",
                [record.kind.rawValue, link, position])
        }
    }
}
