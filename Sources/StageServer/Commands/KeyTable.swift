import Primitives
package import StageAPI

/// Access keys as a table: a row each, with the columns under their names.
package struct KeyTable: Sendable {
    package let lines: [String]

    /// - Returns: a table without a line when there are no keys.
    package init(_ entries: [AccessKeyDirectory.Entry]) {
        guard !entries.isEmpty else {
            lines = []
            return
        }
        let rows = [["ID", "NAME", "PERMISSION", "CREATED", "LAST USE"]] + entries.map(Self.row)
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        lines = rows.map { row in
            let cells = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }
            let line = cells.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }

    private static func row(_ entry: AccessKeyDirectory.Entry) -> [String] {
        [
            entry.id, entry.name.isEmpty ? "-" : entry.name, entry.permission.rawValue,
            entry.createdAt.description, entry.lastUsedAt?.description ?? "never",
        ]
    }
}
