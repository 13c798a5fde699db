import GRDB
import Storage

// A stage may have hundreds of thousands of participants and events. Taking them all away at once
// would keep everybody else from writing for half a minute.
extension Database {
    /// Deletes a stage: for whoever reads at once, on the disk as much as one slice holds. The rest
    /// goes with ``sweepDeletedStages(slice:)``.
    func delete(stage id: String, slice: Int) throws {
        for statement in [
            "DELETE FROM replication WHERE sourceStage = ?",
            "DELETE FROM replication WHERE destinationStage = ?",
            "DELETE FROM session WHERE stage = ?",
            "UPDATE stage SET isDeleted = 1 WHERE id = ?",
        ] {
            try run(statement, [id])
        }
        try sweep(stage: id, slice: slice)
    }

    /// A stage that has been deleted and is made anew starts from nothing.
    func clearDeleted(stage id: String) throws {
        // What is left in it goes by its foreign key.
        try run("DELETE FROM stage WHERE id = ? AND isDeleted", [id])
    }

    /// Takes away about `slice` rows of each kind.
    func sweepDeletedStages(slice: Int) throws {
        var left = slice
        while left > 0,
            let id: String = try value(
                "SELECT id FROM stage WHERE isDeleted ORDER BY id LIMIT 1")
        {
            left -= try sweep(stage: id, slice: left)
        }
    }

    /// - Returns: how many rows were taken away, of the kind with the most of them; at least 1.
    @discardableResult
    private func sweep(stage id: String, slice: Int) throws -> Int {
        var most = 1
        for statement in [
            """
            DELETE FROM event WHERE (stage, sequence) IN (
                SELECT stage, sequence FROM event WHERE stage = ? LIMIT ?)
            """,
            """
            DELETE FROM participant WHERE position IN (
                SELECT position FROM participant WHERE stage = ? LIMIT ?)
            """,
        ] {
            // One more than may go tells whether that was all.
            try run(statement, [id, slice + 1])
            most = max(most, changesCount)
        }
        if most <= slice { try clearDeleted(stage: id) }
        return most
    }
}
