import Glibc
import HummingbirdCore
import HummingbirdTLS
package import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Primitives
import ServiceLifecycle
package import StageAPI

/// The HTTP port: the API, WHIP and WHEP, the events socket, metrics and the sample pages, on
/// HTTP/1.1 and WebSocket, with or without TLS.
///
/// On graceful shutdown it accepts no more, answers what it has read, and closes open events sockets
/// (1001) after ``GatewayLimits/drainTime``; ``run()`` returns when all are gone.
package struct HTTPGateway: Service {
    private let configuration: GatewayConfiguration
    private let api: any APIResponder
    private let live: any LiveService
    private let notifications: (any NotificationSource)?
    private let metrics: @Sendable () async -> String
    private let onListening: @Sendable (Int) -> Void
    private let logger: Logger

    /// - Parameters:
    ///   - notifications: what `/notifications` streams; `nil` for nothing.
    ///   - metrics: the text of `/metrics` (Prometheus text format 0.0.4).
    ///   - onListening: called once with the bound port.
    package init(
        configuration: GatewayConfiguration, api: any APIResponder, live: any LiveService,
        notifications: (any NotificationSource)? = nil,
        metrics: @escaping @Sendable () async -> String,
        onListening: @escaping @Sendable (Int) -> Void = { _ in },
        logger: Logger = Logger(label: "gateway")
    ) {
        self.configuration = configuration
        self.api = api
        self.live = live
        self.notifications = notifications
        self.metrics = metrics
        self.onListening = onListening
        self.logger = logger
    }

    /// - Throws: ``GatewayError`` when the port cannot be opened.
    package func run() async throws {
        let connection = Connection(router: router, limits: configuration.limits)
        do {
            if let files = configuration.tls {
                try await serve(try secured(connection, files))
            } else {
                try await serve(connection)
            }
        } catch let error as IOError {
            throw GatewayError(error, configuration)
        } catch let error as SocketAddressError {
            throw GatewayError.addressNotAvailable(host: configuration.host, detail: "\(error)")
        } catch let error as SocketAddressError.UnknownHost {
            throw GatewayError.addressNotAvailable(host: configuration.host, detail: "\(error)")
        }
    }

    private var router: Router {
        let limits = configuration.limits
        return Router(
            configuration: configuration, api: api, live: live, notifications: notifications,
            metrics: metrics,
            samples: configuration.samplesDirectory.map {
                StaticFiles(directory: $0, limit: limits.fileBytes)
            }, logger: logger)
    }

    private func serve(_ connection: some ServerChildChannel) async throws {
        // The server has its own words for what the ready line says already.
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .notice)
        let onListening = onListening
        let server = connection.server(
            configuration: ServerConfiguration(
                address: .hostname(configuration.host, port: configuration.port), backlog: 1024,
                availableConnectionsDelegate: MaximumAvailableConnections(
                    configuration.limits.connections, logger: quiet)),
            onServerRunning: { channel in onListening(channel.localAddress?.port ?? 0) },
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: quiet)
        try await server.run()
    }

    private func secured(
        _ connection: Connection, _ files: GatewayConfiguration.TLSFiles
    ) throws -> TLSChannel<Connection> {
        let tls = try tlsConfiguration(files)
        do {
            return try TLSChannel(connection, tlsConfiguration: tls)
        } catch NIOSSLError.failedToLoadPrivateKey {
            // Each was read by itself; that they do not go together is found out only here.
            throw GatewayError.unusableKey(
                path: files.key, detail: "it is not the key of \(files.certificate)")
        } catch {
            throw GatewayError.unusableCertificate(path: files.certificate, detail: "\(error)")
        }
    }

    private func tlsConfiguration(_ files: GatewayConfiguration.TLSFiles) throws -> TLSConfiguration
    {
        let chain: [NIOSSLCertificate]
        do {
            chain = try NIOSSLCertificate.fromPEMFile(files.certificate)
        } catch {
            throw GatewayError.unusableCertificate(path: files.certificate, detail: "\(error)")
        }
        let key: NIOSSLPrivateKey
        do {
            key = try NIOSSLPrivateKey(file: files.key, format: .pem)
        } catch {
            throw GatewayError.unusableKey(path: files.key, detail: "\(error)")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        // Few clients answer a close_notify (RFC 8446 §6.1 does not ask them to), and a server that
        // ends should not wait for those that sit idle in somebody's pool.
        configuration.shutdownTimeout = TimeAmount(self.configuration.limits.closeNotifyTime)
        return configuration
    }
}

extension GatewayError {
    fileprivate init(_ error: IOError, _ configuration: GatewayConfiguration) {
        let (host, port) = (configuration.host, configuration.port)
        self =
            switch error.errnoCode {
            case EADDRINUSE: .portInUse(host: host, port: port)
            case EADDRNOTAVAIL: .addressNotAvailable(host: host, detail: "\(error)")
            case EACCES, EPERM: .notPermitted(host: host, port: port)
            default: .failed(detail: "\(error)")
            }
    }
}
