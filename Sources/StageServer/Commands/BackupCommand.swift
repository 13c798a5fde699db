import ArgumentParser
import Storage
import StorageSQLite

/// `rostrum backup`.
struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the database into a file, also while a server runs on it.",
        discussion: """
            The file is the database as it was when the copy began: what is written meanwhile is not \
            in it, and nobody waits. It is checked from end to end before it gets its name; an \
            earlier backup of that name is replaced then. It is for its owner only.

            The secrets in it are sealed under the master key, which is not in it: keep a copy of \
            master.key, and not beside the backup. A restored database needs the master key that \
            it had.

            Examples:

              rostrum backup /backups/rostrum-monday.sqlite --data /var/lib/rostrum
              rostrum restore /backups/rostrum-monday.sqlite --data /var/lib/rostrum
            """)

    @Argument(help: ArgumentHelp("The file to write.", valueName: "file"))
    var file: String

    @OptionGroup var options: CopyOptions

    func run() throws {
        let directory = options.directory(environment: processEnvironment())
        let lines = ProgressLines()
        try answering { () throws(StorageError) in
            try SQLiteStorage.backup(directory: directory, to: file) { lines.tell($0) }
        }
        StandardStreams.writeOutput("backed up \(directory) to \(file)")
    }
}

/// What `rostrum backup` and `rostrum restore` have in common.
struct CopyOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The server's data directory. (default: ./rostrum-data, or ROSTRUM_DATA)",
            valueName: "dir"))
    var data: String?

    /// The directory, as `rostrum serve` would choose it.
    func directory(environment: [String: String]) -> String {
        let variable = environment[Setting.data.variable].flatMap { $0.isEmpty ? nil : $0 }
        return data ?? variable ?? ServerConfiguration.defaultData
    }
}

/// Puts a storage's failure into a refusal's words.
func answering(_ body: () throws(StorageError) -> Void) throws(StartRefusal) {
    do throws(StorageError) {
        try body()
    } catch {
        throw StartRefusal(storage: error)
    }
}
