import MediaPlane
package import Primitives
package import StageAPI

/// What `rostrum serve` runs with: every setting given or defaulted, each within its range, and all
/// of them going together. Files and addresses that it names may still turn out to be missing.
package struct ServerConfiguration: Hashable, Sendable {
    /// Where the stages, keys and events are kept.
    package enum DataPlace: Hashable, Sendable, CustomStringConvertible {
        case memory
        case directory(String)

        package var description: String {
            switch self {
            case .memory: "in memory"
            case .directory(let path): path
            }
        }
    }

    /// The files of `--tls-cert` and `--tls-key`, both PEM.
    package struct TLSFiles: Hashable, Sendable {
        package var certificate: String
        package var key: String
    }

    package enum LogFormat: String, CaseIterable, Hashable, Sendable {
        case text
        case json
    }

    package enum LogLevel: String, CaseIterable, Hashable, Sendable {
        case trace, debug, info, notice, warning, error, critical
    }

    /// Development: the fixed access key, and only this machine can reach the API.
    package var isDevelopment: Bool
    package var data: DataPlace
    /// The file with the master key; `nil`: the one in the data directory.
    package var masterKeyFile: String?
    /// The address that HTTP and media are bound to; 0.0.0.0 and `::` are all addresses. Its port is
    /// that of HTTP, where 0 takes a free one.
    package var http: TransportAddress
    /// UDP; 0 takes a free one.
    package var mediaPort: UInt16
    /// What clients are told; empty: the addresses of the interfaces. See ``announcedAddresses(interfaces:)``.
    package var mediaAddresses: [TransportAddress]
    /// Threads of the media plane; `nil`: one for each CPU that the process may use.
    package var workers: Int?
    /// Whether hosts go on sending layers that nobody watches.
    package var keepsUnwatchedLayers: Bool
    /// How many publishers of a stage are heard at a time; `nil`: all.
    package var loudest: Int?
    /// How clients reach HTTP, without a slash at its end; `nil`: see ``publicURL(port:interfaces:)``.
    package var publicURL: String?
    /// What clients are told to find a way through firewalls with.
    package var iceServers: [ICEServer]
    /// The origins whose pages may publish and subscribe; `nil`: any.
    package var corsOrigins: Set<String>?
    package var tls: TLSFiles?
    /// How much of everything there may be.
    package var quotas: ServiceQuotas
    /// Whether backends hear of each subscription.
    package var notifiesSubscriptions: Bool
    /// The bounds of the live stages, those of ``quotas`` included.
    package var live: LiveLimits
    package var region: String
    /// 12 digits.
    package var account: String
    package var logLevel: LogLevel
    package var logFormat: LogFormat
    /// How long what is in flight may take to end.
    package var grace: Duration
    package var apiRates: APIRates
    /// The directory of the sample pages; `nil`: those that came with the program, if they did.
    package var samples: String?
}

extension ServerConfiguration {
    static let defaultData = "./rostrum-data"
    static let defaultHost = "127.0.0.1"
    static let defaultPort = 7700
    static let defaultMediaPort = 7701
    static let defaultRegion = "us-east-1"
    static let defaultAccount = "123456789012"
    static let defaultGrace = 10
    /// Seconds. An hour is longer than any supervisor waits.
    static let graceRange = 0...3600
    static let workersRange = 1...MediaPlane.Limits.workers
    /// As many as the speaker is looked for among.
    static let loudestRange = 1...64
    /// An offer names each address in every answer; nobody has so many.
    static let mediaAddressLimit = 8
    /// Each is a header line in every answer to an offer.
    static let iceServerLimit = 8
    static let corsOriginLimit = 100
    static let quotaRange = 0...1_000_000_000
}

extension ServerConfiguration {
    /// Makes a configuration of what the reader found.
    /// - Throws: ``StartRefusal`` for the first thing that is wrong.
    init(_ settings: SettingsReader) throws(StartRefusal) {
        isDevelopment = try settings.toggle(.dev) ?? false
        let port = try settings.port(.port) ?? UInt16(Self.defaultPort)
        let host = try settings.text(.host) ?? Self.defaultHost
        guard
            let http = TransportAddress(host: host == "localhost" ? "127.0.0.1" : host, port: port)
        else {
            throw settings.refusal(.host, "must be an IP address, not \"\(host)\"")
        }
        self.http = http
        mediaPort = try settings.port(.mediaPort) ?? UInt16(Self.defaultMediaPort)
        mediaAddresses = try settings.addresses(.mediaAddress)
        workers = try settings.integer(.workers, in: Self.workersRange)
        keepsUnwatchedLayers = try settings.toggle(.unwatchedLayers) ?? false
        loudest = try settings.integer(.loudest, in: Self.loudestRange)
        data = try settings.dataPlace(isDevelopment: isDevelopment)
        masterKeyFile = try settings.text(.masterKeyFile)
        publicURL = try settings.publicURL()
        iceServers = try settings.iceServers()
        corsOrigins = try settings.corsOrigins()
        tls = try settings.tlsFiles()
        let quotas = try settings.quotas()
        self.quotas = quotas
        live = try settings.liveLimits(quotas)
        notifiesSubscriptions = try settings.toggle(.subscriptionEvents) ?? false
        region = try settings.region() ?? Self.defaultRegion
        account = try settings.account() ?? Self.defaultAccount
        logLevel = try settings.choice(.logLevel) ?? .info
        logFormat = try settings.choice(.logFormat) ?? .text
        grace = .seconds(try settings.integer(.grace, in: Self.graceRange) ?? Self.defaultGrace)
        apiRates = try settings.apiRates(isDevelopment: isDevelopment)
        samples = try settings.text(.samples)
        try checkTogether(settings)
    }

    private func checkTogether(_ settings: SettingsReader) throws(StartRefusal) {
        if isDevelopment, !http.isLoopback {
            throw settings.refusal(
                .dev,
                "has a well-known access key, and is refused on \(http.host), which others "
                    + "may reach: leave out --host, or leave out --dev")
        }
    }

    package var isSecure: Bool { tls != nil }
}
