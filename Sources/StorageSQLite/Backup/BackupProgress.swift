/// How far a backup or a restore has come.
package struct BackupProgress: Hashable, Sendable {
    package enum Step: Hashable, Sendable {
        /// Reading the database, or the backup, into a file of its own.
        case copying
        /// Reading that file from end to end, to see that it is sound.
        case checking
        /// Restore only: writing into the live database, which nobody else can write meanwhile.
        case replacing
    }

    package var step: Step
    /// What this step has done; 0 while checking, which does not say.
    package var completedBytes: Int64
    package var totalBytes: Int64

    package init(step: Step, completedBytes: Int64, totalBytes: Int64) {
        self.step = step
        self.completedBytes = completedBytes
        self.totalBytes = totalBytes
    }
}
