import StorageSQLite

/// Tells standard error how far a copy has come: a line for each tenth, so that a log can keep them.
final class ProgressLines {
    private let write: (String) -> Void
    private var last: (step: BackupProgress.Step, tenth: Int64)?

    init(write: @escaping (String) -> Void = StandardStreams.writeError) {
        self.write = write
    }

    func tell(_ progress: BackupProgress) {
        let total = max(progress.totalBytes, 1)
        let tenth = min(progress.completedBytes, total) * 10 / total
        if let last, last.step == progress.step, last.tenth >= tenth { return }
        last = (progress.step, tenth)
        write(line(progress, tenth: tenth))
    }

    private func line(_ progress: BackupProgress, tenth: Int64) -> String {
        let share = "\(tenth * 10)% of \(megabytes(progress.totalBytes))"
        return switch progress.step {
        case .copying: "copied \(share)"
        case .checking: "checking the copy"
        case .replacing: "replaced \(share)"
        }
    }

    /// With one decimal, rounded up.
    private func megabytes(_ bytes: Int64) -> String {
        let tenths = (bytes + 99_999) / 100_000
        return "\(tenths / 10).\(tenths % 10) MB"
    }
}
