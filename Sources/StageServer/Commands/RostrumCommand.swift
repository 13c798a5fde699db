package import ArgumentParser
import Foundation

/// `rostrum`: the command line, which is part of the public interface.
package struct RostrumCommand: AsyncParsableCommand {
    package static let version = "0.1.0"

    /// In the order in which the help lists them. A new command is a type in this module and a line
    /// here.
    static let subcommands: [any ParsableCommand.Type] = [
        ServeCommand.self, DemoCommand.self, LoadCommand.self, ImpairCommand.self,
        KeysCommand.self, WebhooksCommand.self,
        EventsCommand.self, BackupCommand.self, RestoreCommand.self,
    ]

    package static let configuration = CommandConfiguration(
        commandName: "rostrum",
        abstract: "A self-hosted real-time stage service.",
        discussion: """
            Hosts publish live video with WHIP, viewers watch it with WHEP in well under a second, \
            and a backend makes stages and participant tokens through an API that AWS's tools and \
            SDKs speak (ivs-realtime).

            To try it on this machine:

              rostrum serve --dev
              export AWS_ACCESS_KEY_ID=rostrum-dev AWS_SECRET_ACCESS_KEY=rostrum-dev-secret
              aws --endpoint-url http://127.0.0.1:7700 --region us-east-1 \\
                  ivs-realtime create-stage --name first
            """,
        version: version,
        subcommands: subcommands)

    package init() {}

    /// Runs the program with its own arguments.
    /// - Returns: the exit code, after everything that is to be said has been said.
    package static func runToTheEnd() async -> Int32 {
        do {
            var command = try await asyncParseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return 0
        } catch {
            return conclude(error)
        }
    }

    /// Help and version are for standard output; everything else is a refusal.
    private static func conclude(_ error: any Error) -> Int32 {
        if let refusal = error as? StartRefusal {
            StandardStreams.writeError(refusal.line)
            return refusal.code.rawValue
        }
        let code = exitCode(for: error).rawValue
        let text = message(for: error)
        if code == 0 {
            StandardStreams.writeOutput(text)
        } else if !text.isEmpty {
            StandardStreams.writeError(refusal(of: error).line)
            StandardStreams.writeError(hint(below: fullMessage(for: error)))
        }
        return code
    }

    /// What the argument parser found wrong, in our form.
    static func refusal(of error: any Error) -> StartRefusal {
        let text = message(for: error)
        let first = text.split(separator: "\n").first.map(String.init) ?? "wrong arguments"
        return StartRefusal(.usage, first.prefix(1).lowercased() + first.dropFirst())
    }

    /// The parser's last line: "  See 'rostrum serve --help' for more information."
    private static func hint(below message: String) -> String {
        message.split(separator: "\n").last { $0.hasPrefix("  See ") }.map(String.init)
            ?? "  See 'rostrum --help' for more information."
    }
}
