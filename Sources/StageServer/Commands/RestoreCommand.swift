import ArgumentParser
import Storage
import StorageSQLite

/// `rostrum restore`.
struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Make the database what a backup is. What was in it is gone.",
        discussion: """
            The backup is checked, and brought to this version's form, before the database changes; \
            when something is wrong with it, the database stays what it was. The data directory is \
            made when it is not there.

            A server may be running: it reads what was restored at once, but writes wait while the \
            database is replaced, and stages that are live go on as they are. Start it anew \
            afterwards, so that it knows nothing from before.

            Examples:

              rostrum restore /backups/rostrum-monday.sqlite --data /var/lib/rostrum
              ROSTRUM_DATA=/var/lib/rostrum rostrum restore /backups/rostrum-monday.sqlite
            """)

    @Argument(help: ArgumentHelp("The file that 'rostrum backup' wrote.", valueName: "file"))
    var file: String

    @OptionGroup var options: CopyOptions

    func run() throws {
        let directory = options.directory(environment: processEnvironment())
        let lines = ProgressLines()
        try answering { () throws(StorageError) in
            try SQLiteStorage.restore(from: file, directory: directory) { lines.tell($0) }
        }
        StandardStreams.writeOutput("restored \(file) into \(directory)")
        StandardStreams.writeError("A server that runs on it should be started anew.")
    }
}
