import ArgumentParser
import Configuration

/// `rostrum serve`.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the server.",
        discussion: """
            When it is ready, one line goes to standard output, and logs go to standard error:

              rostrum ready http=http://127.0.0.1:7700 media=udp:127.0.0.1:7701

            Every option can also be given as an environment variable (--media-port as \
            ROSTRUM_MEDIA_PORT) and as a key of the configuration file ("mediaPort"). Options win \
            over the environment, and the environment over the file:

              { "host": "0.0.0.0", "mediaAddress": "203.0.113.7", "grace": 5 }

            The first start without --dev makes an access key for the API and prints it once; see \
            'rostrum keys --help' for more of them. SIGTERM and SIGINT end the server after telling \
            the viewers; a second one ends it at once.

            Examples:

              rostrum serve --dev
              rostrum serve --host 0.0.0.0 --media-address 203.0.113.7 \\
                  --public-url https://live.example.com
              rostrum serve --host 0.0.0.0 --port 443 --tls-cert chain.pem --tls-key key.pem
            """)

    @OptionGroup var options: ServeOptions

    func run() async throws {
        let environment = processEnvironment()
        let file = try options.configurationFile(environment: environment)
        let configuration = try ServerConfiguration(
            SettingsReader(flags: options.given, environment: environment, file: file))
        try await Server.run(configuration)
    }
}

/// The options of `rostrum serve`. None has a default here: what is not given may stand elsewhere.
struct ServeOptions: ParsableArguments {
    @Flag(
        help: """
            Development: data in memory unless --data is given, and the fixed access key \
            rostrum-dev / rostrum-dev-secret. Refused where others can reach the API.
            """)
    var dev = false

    @Option(help: ArgumentHelp("A JSON file with settings.", valueName: "file"))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "Where stages, keys and events are kept. (default: ./rostrum-data)", valueName: "dir"))
    var data: String?

    @Option(
        help: ArgumentHelp(
            """
            The file with the master key that secrets are stored under. (default: master.key in \
            the data directory, made at the first start)
            """, valueName: "file"))
    var masterKeyFile: String?

    @Option(
        help: ArgumentHelp(
            """
            The IP address to listen on; 0.0.0.0 for every one of this machine. \
            (default: 127.0.0.1)
            """, valueName: "address"))
    var host: String?

    @Option(help: ArgumentHelp("The TCP port of HTTP; 0 for a free one. (default: 7700)"))
    var port: Int?

    @Option(
        help: ArgumentHelp(
            "The UDP port of media; 0 for a free one. (default: 7701)", valueName: "port"))
    var mediaPort: Int?

    @Option(
        help: ArgumentHelp(
            """
            An IP address at which clients reach the media port, with a port where that is another: \
            of a relay or a router in front; may be given several times. \
            (default: this machine's addresses)
            """, valueName: "ip[:port]"))
    var mediaAddress: [String] = []

    @Option(
        help: ArgumentHelp(
            "Media worker threads, one for a CPU. (default: as many as there are CPUs)",
            valueName: "count"))
    var workers: Int?

    @Flag(
        help: """
            Have hosts send all layers of their pictures all the time. Without it they are told to \
            stop those that nobody watches.
            """)
    var unwatchedLayers = false

    @Option(
        help: ArgumentHelp(
            "How many publishers of a stage are heard at a time, the loudest. (default: all)",
            valueName: "count"))
    var loudest: Int?

    @Option(
        help: ArgumentHelp(
            "The URL at which clients reach HTTP, behind a proxy for example.", valueName: "url"))
    var publicURL: String?

    @Option(
        help: ArgumentHelp(
            """
            A STUN or TURN server that clients are told of, as stun:stun.example.net or \
            turn:USERNAME:CREDENTIAL@turn.example.net:3478; may be given several times.
            """, valueName: "uri"))
    var iceServer: [String] = []

    @Option(
        help: ArgumentHelp(
            """
            An origin whose pages may publish and subscribe; may be given several times. \
            (default: any, since the token is what admits)
            """, valueName: "origin"))
    var corsOrigin: [String] = []

    @Option(help: ArgumentHelp("The certificate chain for HTTPS, PEM.", valueName: "file"))
    var tlsCert: String?

    @Option(help: ArgumentHelp("The private key of the certificate, PEM.", valueName: "file"))
    var tlsKey: String?

    @Option(
        help: ArgumentHelp(
            """
            A limit other than IVS's default, as stages=5000; may be given several times. One of \
            stages, publicKeys, encoderConfigurations, storageConfigurations, \
            ingestConfigurations, compositions, compositionsPerStage, concurrentPublishers, \
            concurrentSubscriptions, replicationsPerParticipant.
            """, valueName: "name=count"))
    var quota: [String] = []

    @Flag(
        help: """
            Tell webhooks of every subscription that begins and ends, too: with thousands of \
            viewers those are many.
            """)
    var subscriptionEvents = false

    @Option(
        help: ArgumentHelp(
            "How long a stage session outlives its last participant. (default: 60)",
            valueName: "seconds"))
    var sessionLinger: Int?

    @Option(
        help: ArgumentHelp(
            "How long ended sessions, their participants and events are kept. (default: 30)",
            valueName: "days"))
    var historyDays: Int?

    @Option(
        help: ArgumentHelp(
            """
            The largest shorter side of a published picture; a larger one ends the publication. \
            (default: 720)
            """, valueName: "pixels"))
    var maxPublishHeight: Int?

    @Option(
        help: ArgumentHelp(
            """
            The bits a second of one publisher, all layers together; more, and not just for a \
            moment, ends the publication. (default: 8500000)
            """, valueName: "rate"))
    var maxPublishBitrate: Int?

    @Option(
        help: ArgumentHelp(
            "The region that requests are signed for. (default: us-east-1)", valueName: "name"))
    var region: String?

    @Option(
        help: ArgumentHelp(
            "The 12 digits of the account in ARNs. (default: 123456789012)", valueName: "id"))
    var account: String?

    @Option(
        help: ArgumentHelp(
            """
            The least that is logged: trace, debug, info, notice, warning, error or critical. \
            (default: info)
            """, valueName: "level"))
    var logLevel: String?

    @Option(help: ArgumentHelp("text or json. (default: text)", valueName: "format"))
    var logFormat: String?

    @Option(
        help: ArgumentHelp(
            "How long ending may take after SIGTERM. (default: 10)", valueName: "seconds"))
    var grace: Int?

    @Option(
        help: ArgumentHelp(
            """
            How often a second an access key may call an operation of a group, as in tokens=200; \
            groups are tokens, public-keys, tags and other; may be given several times, and 'off' \
            is no limit. (default: tokens=50, public-keys=3, tags=10, other=5; with --dev: off)
            """, valueName: "group=rate"))
    var apiRate: [String] = []

    @Option(
        help: ArgumentHelp(
            "The directory of the sample pages. (default: those that came with the program)",
            valueName: "dir"))
    var samples: String?
}

extension ServeOptions {
    /// What was given on the command line, but for `--config`.
    var given: [Setting: ConfigContent] {
        var given: [Setting: ConfigContent] = [:]
        if dev { given[.dev] = .bool(true) }
        if unwatchedLayers { given[.unwatchedLayers] = .bool(true) }
        if subscriptionEvents { given[.subscriptionEvents] = .bool(true) }
        let lists: [(Setting, [String])] = [
            (.mediaAddress, mediaAddress), (.iceServer, iceServer), (.corsOrigin, corsOrigin),
            (.quota, quota), (.apiRate, apiRate),
        ]
        for (setting, values) in lists where !values.isEmpty {
            given[setting] = .stringArray(values)
        }
        let integers: [(Setting, Int?)] = [
            (.port, port), (.mediaPort, mediaPort), (.workers, workers), (.loudest, loudest),
            (.grace, grace),
            (.sessionLinger, sessionLinger), (.historyDays, historyDays),
            (.maxPublishHeight, maxPublishHeight), (.maxPublishBitrate, maxPublishBitrate),
        ]
        for (setting, value) in integers { given[setting] = value.map(ConfigContent.int) }
        let texts: [(Setting, String?)] = [
            (.data, data), (.masterKeyFile, masterKeyFile), (.host, host), (.publicURL, publicURL),
            (.tlsCert, tlsCert),
            (.tlsKey, tlsKey), (.region, region), (.account, account), (.logLevel, logLevel),
            (.logFormat, logFormat), (.samples, samples),
        ]
        for (setting, value) in texts { given[setting] = value.map(ConfigContent.string) }
        return given
    }

    /// The file of `--config` or `ROSTRUM_CONFIG`; `nil` when there is neither.
    func configurationFile(
        environment: [String: String]
    ) throws(StartRefusal) -> ConfigurationFile? {
        let variable = environment["ROSTRUM_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
        guard let path = config ?? variable else { return nil }
        return try ConfigurationFile(readingFrom: path)
    }
}
