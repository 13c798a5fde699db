import DatagramIO
import Glibc
import Logging
import MediaPlane
import Primitives
import ServiceLifecycle
import StageAPI
import Storage
import StorageSQLite
import UnixSignals

/// `rostrum serve`: makes the graph, runs it, and ends it in order.
enum Server {
    /// How much longer than `--grace` the process may last, for what does not heed its end.
    private static let slack = Duration.seconds(1)
    /// A signal that follows the first one so closely is its echo: a terminal and a script may both
    /// pass on one Ctrl-C.
    private static let echo = Duration.milliseconds(250)

    /// Returns after a graceful end.
    /// - Throws: ``StartRefusal``.
    static func run(_ configuration: ServerConfiguration) async throws(StartRefusal) {
        configuration.bootstrapLogging()
        raiseOpenFiles()
        // From the first moment on, so that no signal finds us half open.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let assembly = try await Assembly(configuration)
        let group = ServiceGroup(configuration: assembly.services)
        do {
            try await withThrowingTaskGroup { tasks in
                tasks.addTask { await end(group, on: signals, grace: configuration.grace) }
                defer { tasks.cancelAll() }
                try await group.run()
            }
        } catch {
            throw StartRefusal(running: error)
        }
        try assembly.data?.close()
    }

    /// Below this many open files a stage of 10,000 viewers with their events sockets has no room.
    private static let wantedOpenFiles = 20_000

    private static func raiseOpenFiles() {
        guard let limit = ProcessSetup.raiseOpenFiles(), limit < wantedOpenFiles else { return }
        Logger(label: "server").notice(
            "The system lets the server open few files: each events socket is one",
            metadata: ["limit": "\(limit)", "raise": "ulimit -Hn, or LimitNOFILE= of systemd"])
    }

    /// The first signal ends the services in order, the second one the process at once.
    private static func end(
        _ group: ServiceGroup, on signals: UnixSignalsSequence, grace: Duration
    ) async {
        let logger = Logger(label: "server")
        var endingSince: ContinuousClock.Instant?
        for await signal in signals {
            if let endingSince {
                guard .now - endingSince > echo else { continue }
                logger.warning("Ending at once", metadata: ["signal": "\(signal)"])
                _exit(128 + signal.rawValue)
            }
            endingSince = .now
            logger.info("Ending", metadata: ["signal": "\(signal)", "grace": "\(grace)"])
            await group.triggerGracefulShutdown()
            Task {
                try await Task.sleep(for: grace)
                logger.warning("The grace time is over: what is still open is cut off")
                try await Task.sleep(for: slack)
                logger.error("A part of the server does not end")
                _exit(1)
            }
        }
    }
}

extension Assembly {
    /// They end from last to first: the live side tells everybody, HTTP delivers it and ends, then
    /// media. The storage is closed after all of them.
    var services: ServiceGroupConfiguration {
        // What goes wrong is said once, by whoever runs the group.
        var quiet = Logger(label: "services")
        quiet.logLevel = .critical
        let assembly = self
        let announcement = AnnouncementService(httpPort: httpPort) { port in
            try await assembly.announce(httpPort: port)
        }
        var services = ServiceGroupConfiguration(
            services: [
                .init(service: MediaService(media: media)), .init(service: gateway),
                .init(service: deliveries),
                .init(service: LiveStagesService(live: live)),
                .init(service: AccessKeyUseService(keys: accessKeys)),
                .init(service: announcement, successTerminationBehavior: .ignore),
            ], logger: quiet)
        services.maximumGracefulShutdownDuration = configuration.grace
        return services
    }

    /// Says that requests are answered, after what must be known to make one.
    private func announce(httpPort: UInt16) async throws(StartRefusal) {
        let logger = Logger(label: "server")
        if configuration.isDevelopment {
            let key = Self.developmentKey
            logger.notice(
                "Development: anybody on this machine may use the API",
                metadata: ["key": "\(key.id)", "secret": "\(key.secret.value)"])
        } else {
            try await announceFirstKey()
        }
        let places = announced.map { $0.port == 0 ? $0.host : $0.description }
        logger.info(
            "Ready",
            metadata: [
                "version": "\(RostrumCommand.version)", "data": "\(configuration.data)",
                "media": "\(places.joined(separator: ",")) port \(media.port)",
                "workers": "\(media.summary)",
            ])
        StandardStreams.writeOutput(
            configuration.readyLine(
                httpPort: httpPort, mediaPort: media.port, media: announced[0]))
    }

    private func announceFirstKey() async throws(StartRefusal) {
        let key = try await answering { () async throws(StorageError) in
            try await FirstKey.make(in: storage, keys: accessKeys, now: civilTime())
        }
        guard let key else { return }
        let announcement = KeyAnnouncement(key)
        switch configuration.logFormat {
        case .text:
            StandardStreams.writeError(
                "This is the first start here: it made an access key for the API.\n\n"
                    + announcement.text + "\n")
        case .json: Logger(label: "server").critical("\(announcement.line)")
        }
    }
}
