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
            are kept in the data directory. Changes count also for a server that runs: a new key at \
            once, a revoked one within a second.

            A key's permission says what it may do: 'read' takes the Get and List operations, \
            'tokens' also CreateParticipantToken and DisconnectParticipant, and 'all' everything.

            Secrets are stored sealed under the master key, which is the file master.key in the \
            data directory unless --master-key-file names another one. Without it they are lost: \
            keep a copy, and not beside the backups of the database.

            Examples:

              rostrum keys create --data /var/lib/rostrum --name backend --permission tokens
              rostrum keys list --data /var/lib/rostrum
              rostrum keys revoke RSTRABCDEFGHIJKLMNOP --data /var/lib/rostrum
              rostrum keys rotate-master --data /var/lib/rostrum
            """,
        subcommands: [Create.self, List.self, Revoke.self, RotateMaster.self])
}

extension AccessPermission: ExpressibleByArgument {}

extension KeysCommand {
    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an access key and print it; its secret is shown only now.")

        @Option(help: ArgumentHelp("What to call it: letters, digits, '-', '_' and '.'."))
        var name = ""

        @Option(help: "What it may do.")
        var permission = AccessPermission.all

        @OptionGroup var options: KeysOptions

        func validate() throws {
            guard isName(name) else {
                throw ValidationError(
                    "--name must be up to 128 letters, digits, '-', '_' and '.', not \"\(name)\"")
            }
        }

        func run() async throws {
            let keys = try await options.open(creating: true)
            let (name, permission) = (name, permission)
            let key = try await answering { () async throws(StorageError) in
                try await keys.create(name: name, permission: permission, at: civilTime())
            }
            StandardStreams.writeOutput(KeyAnnouncement(key).text)
        }

        private func isName(_ name: String) -> Bool {
            name.utf8.count <= 128
                && name.allSatisfy {
                    $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0))
                }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the access keys, oldest first, without their secrets.")

        @OptionGroup var options: KeysOptions

        func run() async throws {
            let keys = try await options.open(creating: false)
            let entries = try await answering { () async throws(StorageError) in
                try await keys.list()
            }
            for line in KeyTable(entries).lines { StandardStreams.writeOutput(line) }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revoke an access key: what it signs is refused from now on.")

        @Argument(help: ArgumentHelp("The access key's id.", valueName: "id"))
        var identifier: String

        @OptionGroup var options: KeysOptions

        func run() async throws {
            let keys = try await options.open(creating: false)
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
