import GRDB
import Primitives
import Storage

extension Database {
    /// Removes at most `slice` rows of each kind that are older than `time`, the oldest first.
    func prune(before time: WallTime, slice: Int) throws {
        let cutoff = time.unixMilliseconds
        try sweepDeletedStages(slice: slice)
        try pruneSessions(before: cutoff, slice: slice)
        for statement in [
            """
            DELETE FROM event WHERE (stage, sequence) IN (
                SELECT stage, sequence FROM event WHERE time < ? ORDER BY time LIMIT ?)
            """,
            """
            DELETE FROM notification WHERE position IN (
                SELECT position FROM notification AS old WHERE time < ?
                    AND NOT EXISTS (SELECT 1 FROM delivery WHERE notification = old.position)
                ORDER BY time LIMIT ?)
            """,
            """
            DELETE FROM replication WHERE position IN (
                SELECT position FROM replication
                WHERE endedAt IS NOT NULL AND endedAt < ? ORDER BY endedAt LIMIT ?)
            """,
            """
            DELETE FROM resource WHERE position IN (
                SELECT position FROM resource
                WHERE expiresAt IS NOT NULL AND expiresAt < ? ORDER BY expiresAt LIMIT ?)
            """,
        ] {
            try run(statement, [cutoff, slice])
        }
    }

    /// Sessions go when all that is in them is gone: a session of 10,000 participants takes more
    /// than one slice.
    private func pruneSessions(before cutoff: Int64, slice: Int) throws {
        var left = slice
        let ended = try rows(
            """
            SELECT stage, id FROM session WHERE endedAt IS NOT NULL AND endedAt < ?
            ORDER BY endedAt LIMIT ?
            """,
            [cutoff, slice])
        for row in ended {
            let (stage, session): (String, String) = (row["stage"], row["id"])
            for statement in [
                """
                DELETE FROM event WHERE (stage, sequence) IN (
                    SELECT stage, sequence FROM event WHERE stage = ? AND session = ? LIMIT ?)
                """,
                """
                DELETE FROM participant WHERE position IN (
                    SELECT position FROM participant
                    WHERE stage = ? AND session = ? AND NOT isRevoked LIMIT ?)
                """,
            ] {
                try run(statement, [stage, session, left])
                left -= changesCount
                guard left > 0 else { return }
            }
            try run(
                "DELETE FROM session WHERE stage = ? AND id = ?", [stage, session])
            left -= 1
            guard left > 0 else { return }
        }
    }
}
