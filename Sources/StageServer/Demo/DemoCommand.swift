import ArgumentParser
import Configuration
import Foundation
import StageAPI
import UnixSignals

/// `rostrum demo`.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Run a show with synthetic hosts, to watch in a browser.",
        discussion: """
            Makes a stage through the API, lets synthetic hosts publish to it with WHIP, and prints \
            a link for viewers and one for a host with a camera. A server that answers at the \
            endpoint is used; when none does, one is started in this process, as with \
            'rostrum serve --dev'.

            The hosts play the clips that Scripts/make-clips makes. Requests are signed with the \
            access key of ROSTRUM_ACCESS_KEY_ID and ROSTRUM_SECRET_ACCESS_KEY, or that of --dev.

            Examples:

              rostrum demo
              rostrum demo --hosts 4
              rostrum demo --endpoint http://127.0.0.1:7700
            """)

    @Option(help: ArgumentHelp("How many synthetic hosts publish: 1 to 4.", valueName: "count"))
    var hosts = 2

    @Option(help: ArgumentHelp("Where the clips are.", valueName: "dir"))
    var clips = ".clips"

    @Option(
        help: ArgumentHelp(
            "The URL of a server that runs; none is started then.", valueName: "url"))
    var endpoint: String?

    @Option(help: "The TCP port of HTTP.")
    var port = ServerConfiguration.defaultPort

    @Option(help: ArgumentHelp("The UDP port of media; 0 for a free one.", valueName: "port"))
    var mediaPort = ServerConfiguration.defaultMediaPort

    @Flag(name: .customLong("no-server"), help: "Start no server when none runs.")
    var startsNoServer = false

    @Option(help: ArgumentHelp("The region that requests are signed for.", valueName: "name"))
    var region = ServerConfiguration.defaultRegion

    func validate() throws {
        guard (1...4).contains(hosts) else { throw ValidationError("--hosts must be 1 to 4") }
        guard (1...65_535).contains(port) else {
            throw ValidationError("--port must be 1 to 65535")
        }
    }

    func run() async throws {
        let url = try ServerAddress.parse(
            endpoint ?? "http://127.0.0.1:\(port)", of: "--endpoint")
        let clips = try DemoClips(directory: clips)
        let isRunning = await DemoHTTP().isHealthy(url)
        guard isRunning || (endpoint == nil && !startsNoServer) else {
            throw StartRefusal(
                .unavailable,
                "no server answers at \(url.absoluteString): start one with 'rostrum serve --dev'")
        }
        // From here on, so that no signal finds a stage half made.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let show = DemoShow(
            endpoint: url, clips: clips, hostCount: hosts, signer: .ofEnvironment(region: region),
            isServerForeign: isRunning)
        if isRunning {
            StandardStreams.writeOutput("demo: using the server at \(url.absoluteString)")
            try await show.run(until: signals)
        } else {
            try await runWithServer(show, signals)
        }
    }

    /// Both end with the same signal: the server in its order, the hosts by leaving.
    private func runWithServer(_ show: DemoShow, _ signals: UnixSignalsSequence) async throws {
        let configuration = try serverConfiguration()
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await Server.run(configuration) }
            tasks.addTask {
                try await Self.waitForServer(at: show.endpoint)
                try await show.run(until: signals)
            }
            // What goes wrong with one is the end of the other.
            for try await _ in tasks {}
        }
    }

    private static func waitForServer(at endpoint: URL) async throws {
        let http = DemoHTTP()
        for _ in 0..<100 {
            if await http.isHealthy(endpoint) { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw StartRefusal(.unavailable, "the server does not answer at \(endpoint)")
    }

    private func serverConfiguration() throws(StartRefusal) -> ServerConfiguration {
        let flags: [Setting: ConfigContent] = [
            .dev: .bool(true), .host: .string("127.0.0.1"), .port: .int(port),
            .mediaPort: .int(mediaPort), .logLevel: .string("warning"), .grace: .int(3),
        ]
        return try ServerConfiguration(
            SettingsReader(flags: flags, environment: processEnvironment(), file: nil))
    }
}
