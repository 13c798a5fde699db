import ArgumentParser
import Primitives
import StageAPI
import Storage
import Webhooks

/// `rostrum webhooks`.
struct WebhooksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "webhooks",
        abstract: "Add, list and remove the webhooks that hear what happens on stages.",
        discussion: """
            What happens is posted to each webhook as JSON, signed, in order for each stage, and \
            again and again until it is taken. Addresses of this machine and of private networks \
            are as good as any. Changes count within two seconds for a server that runs.

            Examples:

              rostrum webhooks add https://backend.example/rostrum --data /var/lib/rostrum
              rostrum webhooks add http://127.0.0.1:8080/hook --kind "IVS Stage Update"
              rostrum webhooks list
              rostrum webhooks remove wh-AbCdEf123456
            """,
        subcommands: [Add.self, List.self, Remove.self])
}

extension KeysOptions {
    /// The webhooks, beside a server that may be running.
    func openWebhooks(creating: Bool = false) async throws(StartRefusal) -> WebhookDirectory {
        WebhookDirectory(vault: try await openVault(creating: creating))
    }
}

extension WebhooksCommand {
    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a webhook and print its secret, which is shown only now.")

        @Argument(help: ArgumentHelp("Where messages are posted: http or https.", valueName: "url"))
        var address: String

        @Option(
            help: ArgumentHelp(
                "A kind of messages that it wants; may be given several times. (default: all)",
                valueName: "kind"))
        var kind: [String] = []

        @OptionGroup var options: KeysOptions

        func run() async throws {
            let webhooks = try await options.openWebhooks(creating: true)
            do throws(WebhookDirectory.AddingError) {
                let added = try await webhooks.add(address, kinds: Set(kind), at: civilTime())
                StandardStreams.writeOutput(
                    """
                    webhook id  \(added.record.id)
                    secret      \(added.secret.text.value)

                    The secret is not shown again. It signs every message: see the headers \
                    webhook-id, webhook-timestamp and webhook-signature (standardwebhooks.com).
                    """)
            } catch {
                throw StartRefusal(adding: address, error)
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the webhooks, oldest first, without their secrets.")

        @OptionGroup var options: KeysOptions

        func run() async throws {
            let webhooks = try await options.openWebhooks()
            let records = try await answering { () async throws(StorageError) in
                try await webhooks.list()
            }
            for record in records {
                let kinds =
                    record.kinds.isEmpty ? "all" : record.kinds.sorted().joined(separator: ", ")
                StandardStreams.writeOutput(
                    "\(record.id)  created \(record.createdAt)  \(record.url)  \(kinds)")
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a webhook, with everything that waits for it.")

        @Argument(help: ArgumentHelp("The webhook's id.", valueName: "id"))
        var identifier: String

        @OptionGroup var options: KeysOptions

        func run() async throws {
            let webhooks = try await options.openWebhooks()
            let identifier = identifier
            let wasThere = try await answering { () async throws(StorageError) in
                try await webhooks.remove(identifier)
            }
            guard wasThere else {
                throw StartRefusal(.general, "there is no webhook \(identifier)")
            }
            StandardStreams.writeOutput("removed \(identifier)")
        }
    }
}

extension StartRefusal {
    init(adding address: String, _ error: WebhookDirectory.AddingError) {
        switch error {
        case .address(let violation):
            self.init(.usage, "\(address.prefix(200)) is no address: \(violation.rawValue)")
        case .unknownKind(let kind):
            let known = NotificationKind.allCases.map(\.rawValue)
            let guess = nearestWord(to: kind, among: known).map { "; did you mean \"\($0)\"?" }
            self.init(
                .usage,
                "there is no kind \"\(kind)\"" + (guess ?? "") + " There are: "
                    + known.joined(separator: ", "))
        case .tooMany(let limit):
            self.init(.general, "there are \(limit) webhooks already, as many as may be")
        case .storage(let error): self.init(storage: error)
        }
    }
}
