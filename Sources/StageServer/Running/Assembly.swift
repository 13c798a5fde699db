import DatagramIO
import Foundation
import Gateway
import Logging
import MediaPlane
import ParticipantTokens
import Primitives
import ServiceLifecycle
import StageAPI
import Storage
import StorageSQLite

/// The graph: who is made of what. Nothing but the media port is open yet.
struct Assembly {
    let configuration: ServerConfiguration
    let storage: any Storage
    let vault: Vault
    let accessKeys: AccessKeyDirectory
    let media: MediaEngine
    let live: LiveStages
    let deliveries: Deliveries
    let gateway: HTTPGateway
    /// Where clients are told to send media, best first.
    let announced: [TransportAddress]
    /// The port of HTTP, once it is bound.
    let httpPort: AsyncStream<UInt16>
    let data: DataDirectory?

    static let developmentKey = AccessKey(
        id: "rostrum-dev", secret: Redacted("rostrum-dev-secret"))

    /// - Throws: ``StartRefusal`` when a file, a directory or a port cannot be had.
    init(_ configuration: ServerConfiguration) async throws(StartRefusal) {
        self.configuration = configuration
        let interfaces = NetworkInterfaces.ipv4Addresses()
        announced = configuration.announcedAddresses(interfaces: interfaces)
        try configuration.tls?.checkReadable()
        data = try configuration.openData()
        let storage: any Storage = data?.storage ?? InMemoryStorage()
        self.storage = storage
        let vault = try await configuration.openVault(storage)
        self.vault = vault
        let accessKeys = AccessKeyDirectory(
            vault: vault, fixed: configuration.isDevelopment ? Self.developmentKey : nil)
        self.accessKeys = accessKeys
        let secrets = try await Self.secrets(in: vault, configuration)
        media = try Self.openMedia(configuration, announced)
        let deliveries = Deliveries(configuration, vault: vault)
        self.deliveries = deliveries
        let live = LiveStages(
            storage: storage, media: media, tokens: secrets.tokens, limits: configuration.live,
            now: civilTime, notifications: deliveries.outbox,
            logger: Logger(label: "live"))
        self.live = live

        let api = Deferred<StageService>()
        let feed = Deferred<NotificationFeed>()
        let (ports, bound) = AsyncStream.makeStream(of: UInt16.self)
        httpPort = ports
        let page = { @Sendable [media, live] in
            MetricsPage(
                media: media.metrics, live: live.snapshot(),
                deliveries: deliveries.figures, now: civilTime(),
                process: .current()
            ).text
        }
        gateway = HTTPGateway(
            configuration: configuration.gateway, api: DeferredAPI(service: api), live: live,
            notifications: DeferredFeed(feed: feed), metrics: { page() },
            onListening: { port in
                let port = UInt16(truncatingIfNeeded: port)
                let url = configuration.publicURL(port: port, interfaces: interfaces)
                let service = StageService(
                    storage: storage, occupancy: live, tokens: secrets.tokens,
                    pages: secrets.pages, accessKeys: accessKeys,
                    configuration: configuration.service(publicURL: url),
                    rates: configuration.apiRates, logger: Logger(label: "api"), now: civilTime)
                api.fulfil(service)
                feed.fulfil(deliveries.feed(service))
                bound.yield(port)
                bound.finish()
            },
            logger: Logger(label: "gateway"))
    }

    private static func secrets(
        in vault: Vault, _ configuration: ServerConfiguration
    ) async throws(StartRefusal) -> DeploymentSecrets {
        do throws(DeploymentSecretsError) {
            // Only names are made of it here, and those have no URL in them.
            return try await DeploymentSecrets.load(
                from: vault, configuration: configuration.service(publicURL: ""),
                now: civilTime())
        } catch {
            throw StartRefusal(storage: error.cause)
        }
    }

    private static func openMedia(
        _ configuration: ServerConfiguration, _ announced: [TransportAddress]
    ) throws(StartRefusal) -> MediaEngine {
        do {
            return try MediaEngine(
                MediaEngine.Configuration(
                    bindAddress: configuration.mediaBindAddress, announced: announced,
                    workers: configuration.workers
                        ?? min(ProcessSetup.cpuCount, MediaPlane.Limits.workers),
                    holdsUnwatched: !configuration.keepsUnwatchedLayers,
                    loudest: configuration.loudest))
        } catch let error as SystemError {
            throw StartRefusal(media: error, port: configuration.mediaPort)
        } catch {
            throw StartRefusal(.general, "the media plane does not start: \(error)")
        }
    }
}

/// The API, whose answers name the port of HTTP, from the moment that there is one.
private struct DeferredAPI: APIResponder {
    let service: Deferred<StageService>

    func respond(to request: APIRequest) async -> APIResponse {
        await service.value.respond(to: request)
    }
}

extension ServerConfiguration {
    fileprivate func openData() throws(StartRefusal) -> DataDirectory? {
        switch data {
        case .memory: nil
        case .directory(let path): try DataDirectory.openForServer(path)
        }
    }

    /// The secrets of a storage in memory go with it, and so does their key.
    fileprivate func openVault(_ storage: any Storage) async throws(StartRefusal) -> Vault {
        switch data {
        case .memory:
            do throws(VaultError) {
                return try await Vault.open(storage, masterKey: .generate())
            } catch {
                throw StartRefusal(vault: error)
            }
        case .directory(let path):
            let file = MasterKeyFile(given: masterKeyFile, in: path)
            let vault = try await Vault.open(storage, with: file)
            if file.isOpenToOthers {
                Logger(label: "server").warning(
                    "Others may read the master key", metadata: ["file": "\(file.path)"])
            }
            return vault
        }
    }

    fileprivate func service(publicURL: String) -> ServiceConfiguration {
        ServiceConfiguration(
            region: region, account: account,
            eventsURL: Self.eventsURL(of: publicURL, path: "/events"),
            whipURL: publicURL + "/whip", quotas: quotas)
    }

    fileprivate var gateway: GatewayConfiguration {
        GatewayConfiguration(
            host: http.host, port: Int(http.port),
            tls: tls.map { .init(certificate: $0.certificate, key: $0.key) },
            publicURL: publicURL, corsOrigins: corsOrigins,
            samplesDirectory: samples ?? SampleFiles.directory(),
            iceServers: iceServers.map(\.link))
    }
}

extension ServerConfiguration.TLSFiles {
    /// What is in them is the gateway's to judge.
    fileprivate func checkReadable() throws(StartRefusal) {
        for (what, path) in [("certificate", certificate), ("key", key)] {
            do {
                try FileHandle(forReadingFrom: URL(fileURLWithPath: path)).close()
            } catch {
                throw StartRefusal(
                    .configuration, "cannot read the TLS \(what) \(path): \(reason(of: error))")
            }
        }
    }
}
