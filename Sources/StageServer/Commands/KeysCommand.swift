import ArgumentParser
import Primitives
import StageAPI
import Storage

/// `rostrum keys`.
struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Make, list and revoke the access keys of the API.",
        discussion: """
            Backends sign their requests with an access key, as AWS's tools and SDKs do. The keys \
            are kept in the data directory; changes count at once, also for a server that runs.

            Examples:

              rostrum keys create --data /var/lib/rostrum
              rostrum keys list --data /var/lib/rostrum
              rostrum keys revoke RSTRABCDEFGHIJKLMNOP --data /var/lib/rostrum
            """,
        subcommands: [Create.self, List.self, Revoke.self])
}

/// What the three have in common.
struct KeysOptions: ParsableArguments {
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

    func open(creating: Bool) throws(StartRefusal) -> AccessKeyDirectory {
        let path = directory(environment: processEnvironment())
        return AccessKeyDirectory(
            storage: try DataDirectory.openForKeys(path, creating: creating).storage)
    }
}

extension KeysCommand {
    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an access key and print it; its secret is shown only now.")

        @OptionGroup var options: KeysOptions

        func run() async throws {
            let keys = try options.open(creating: true)
            let key = try await answering { () async throws(StorageError) in
                try await keys.create(at: civilTime())
            }
            StandardStreams.writeOutput(KeyAnnouncement(key).text)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the access keys, oldest first, without their secrets.")

        @OptionGroup var options: KeysOptions

        func run() async throws {
            let keys = try options.open(creating: false)
            let entries = try await answering { () async throws(StorageError) in
                try await keys.list()
            }
            for entry in entries {
                StandardStreams.writeOutput("\(entry.id)  created \(entry.createdAt)")
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revoke an access key: what it signs is refused from now on.")

        @Argument(help: ArgumentHelp("The access key's id.", valueName: "id"))
        var identifier: String

        @OptionGroup var options: KeysOptions

        func run() async throws {
            let keys = try options.open(creating: false)
            let identifier = identifier
            let wasThere = try await answering { () async throws(StorageError) in
                try await keys.revoke(identifier)
            }
            guard wasThere else {
                throw StartRefusal(.general, "there is no access key \(identifier)")
            }
            StandardStreams.writeOutput("revoked \(identifier)")
        }
    }
}

/// Puts a storage's failure into a refusal's words.
func answering<Value>(
    _ body: () async throws(StorageError) -> Value
) async throws(StartRefusal) -> Value {
    do throws(StorageError) {
        return try await body()
    } catch {
        throw StartRefusal(storage: error)
    }
}
