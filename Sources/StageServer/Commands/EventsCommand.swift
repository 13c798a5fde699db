import ArgumentParser
import Primitives
import StageAPI
import Storage

/// `rostrum events`.
struct EventsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Look at what happened on stages, and deliver again what was given up.",
        discussion: """
            Reads the data directory, also while a server runs.

            Examples:

              rostrum events list --limit 20
              rostrum events tail --stage arn:aws:ivs:us-east-1:123456789012:stage/AbCdEf123456
              rostrum events dead list
              rostrum events dead replay 6f1ed002-ab5a-5e0d-a3e5-2b1c0f6b6a0e
              rostrum events dead replay --all
            """,
        subcommands: [List.self, Tail.self, Dead.self])
}

/// Which messages are wanted.
struct EventsOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Only those of the stage with this ARN or id.", valueName: "arn"))
    var stage: String?

    @Option(
        help: ArgumentHelp(
            "Only those behind the message with this number.", valueName: "number"))
    var after: Int64?

    @OptionGroup var keys: KeysOptions

    var stageID: StageID? {
        stage.map { StageID(String($0.split(separator: "/").last ?? "")) }
    }
}

extension EventsCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the messages that are kept, oldest first: number and JSON.")

        @Option(help: ArgumentHelp("How many to print at most.", valueName: "count"))
        var limit = 100

        @OptionGroup var options: EventsOptions

        func validate() throws {
            guard (1...1_000_000).contains(limit) else {
                throw ValidationError("--limit must be from 1 to 1000000, not \(limit)")
            }
        }

        func run() async throws {
            let storage = try options.keys.openStorage()
            var (position, left) = (options.after ?? 0, limit)
            while left > 0 {
                let page = try await EventsCommand.print(
                    after: position, left, storage, options.stageID)
                guard let last = page.last else { return }
                (position, left) = (last.position, left - page.count)
            }
        }
    }

    struct Tail: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print messages as they come, until it is interrupted: number and JSON.")

        /// How often it looks.
        private static let interval = Duration.milliseconds(500)

        @OptionGroup var options: EventsOptions

        func run() async throws {
            let storage = try options.keys.openStorage()
            var position = try await answering { () async throws(StorageError) in
                try await storage.lastNotification()
            }
            position = options.after ?? position
            while true {
                let page = try await EventsCommand.print(
                    after: position, 100, storage, options.stageID)
                position = page.last?.position ?? position
                if page.isEmpty { try await Task.sleep(for: Self.interval) }
            }
        }
    }

    /// Prints at most a page.
    fileprivate static func print(
        after position: Int64, _ limit: Int, _ storage: any Storage, _ stage: StageID?
    ) async throws(StartRefusal) -> [NotificationRecord] {
        let page = try await answering { () async throws(StorageError) in
            try await storage.notifications(after: position, stage: stage, limit: min(limit, 100))
        }
        for message in page { StandardStreams.writeOutput("\(message.position) \(message.body)") }
        return page
    }
}

// Dead letters.
extension EventsCommand {
    struct Dead: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What could not be delivered and was given up.",
            subcommands: [DeadList.self, DeadReplay.self])
    }

    struct DeadList: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "List what was given up, oldest first for each webhook.")

        @OptionGroup var options: KeysOptions

        func run() async throws {
            let webhooks = try await options.openWebhooks()
            let records = try await answering { () async throws(StorageError) in
                try await webhooks.list()
            }
            for webhook in records {
                var position: Int64 = 0
                while true {
                    let after = position
                    let page = try await answering { () async throws(StorageError) in
                        try await webhooks.dead(of: webhook.id, after: after, limit: 100)
                    }
                    for delivery in page { StandardStreams.writeOutput(Self.line(delivery)) }
                    guard let last = page.last else { break }
                    position = last.notification.position
                }
            }
        }

        private static func line(_ delivery: DeliveryRecord) -> String {
            let message = delivery.notification
            return "\(message.id)  \(message.time)  \(message.kind)  "
                + "\(message.stage.map { "stage \($0)" } ?? "no stage")  to \(delivery.webhook)  "
                + "\(delivery.attempts) attempts  \(delivery.lastError ?? "no error")"
        }
    }

    struct DeadReplay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "replay",
            abstract: "Deliver again what was given up, as if it had never been tried.")

        @Argument(help: ArgumentHelp("The id of a message.", valueName: "id"))
        var identifier: String?

        @Flag(help: "Everything that was given up.")
        var all = false

        @OptionGroup var options: KeysOptions

        func validate() throws {
            guard (identifier != nil) != all else {
                throw ValidationError("give either the id of a message or --all")
            }
        }

        func run() async throws {
            let webhooks = try await options.openWebhooks()
            let identifier = identifier
            let count = try await answering { () async throws(StorageError) in
                try await webhooks.replay(identifier)
            }
            if let identifier, count == 0 {
                throw StartRefusal(.general, "there is no dead letter \(identifier)")
            }
            StandardStreams.writeOutput(
                count == 1 ? "1 delivery is pending again" : "\(count) deliveries are pending again"
            )
        }
    }
}
