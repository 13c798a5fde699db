/// How the one HTTP port is opened, and what is said on it.
package struct GatewayConfiguration: Sendable {
    /// The PEM files of a certificate chain, leaf first, and its private key.
    package struct TLSFiles: Hashable, Sendable {
        package var certificate: String
        package var key: String

        package init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    package var host: String
    /// 0 takes a free port.
    package var port: Int
    package var tls: TLSFiles?
    /// Where clients reach this server, when that is not its own address. Paths in responses get
    /// its path in front: `https://media.example/rostrum` gives `/rostrum/whip/session/…`.
    package var publicURL: String?
    /// The origins whose pages may publish and subscribe; `nil` for any. The token is what admits,
    /// not the origin.
    package var corsOrigins: Set<String>?
    /// What `/samples/` serves; `nil` for nothing.
    package var samplesDirectory: String?
    /// ICE servers for clients, each the value of a `Link` header:
    /// `<stun:stun.example.net>; rel="ice-server"`.
    package var iceServers: [String]
    package var limits: GatewayLimits

    package init(
        host: String = "127.0.0.1", port: Int = 7700, tls: TLSFiles? = nil,
        publicURL: String? = nil, corsOrigins: Set<String>? = nil, samplesDirectory: String? = nil,
        iceServers: [String] = [], limits: GatewayLimits = GatewayLimits()
    ) {
        self.host = host
        self.port = port
        self.tls = tls
        self.publicURL = publicURL
        self.corsOrigins = corsOrigins
        self.samplesDirectory = samplesDirectory
        self.iceServers = iceServers
        self.limits = limits
    }

    /// The path of ``publicURL``, without a slash at its end; empty when there is none.
    var pathPrefix: String {
        guard let publicURL, let scheme = publicURL.firstRange(of: "://") else { return "" }
        let path = publicURL[scheme.upperBound...].drop { $0 != "/" }
            .prefix { $0 != "?" && $0 != "#" }
        return path.last == "/" ? String(path.dropLast()) : String(path)
    }
}

/// Why the port could not be opened.
package enum GatewayError: Error, Hashable, Sendable, CustomStringConvertible {
    case portInUse(host: String, port: Int)
    case addressNotAvailable(host: String, detail: String)
    case notPermitted(host: String, port: Int)
    case unusableCertificate(path: String, detail: String)
    case unusableKey(path: String, detail: String)
    case failed(detail: String)

    package var description: String {
        switch self {
        case .portInUse(let host, let port):
            "Port \(port) on \(host) is in use. Stop what uses it, or choose another one."
        case .addressNotAvailable(let host, let detail):
            "\(host) is no address of this machine (\(detail))."
        case .notPermitted(let host, let port):
            "Port \(port) on \(host) may not be opened by this user. Choose one from 1024 up."
        case .unusableCertificate(let path, let detail):
            "The TLS certificate \(path) cannot be used: \(detail)"
        case .unusableKey(let path, let detail):
            "The TLS key \(path) cannot be used: \(detail)"
        case .failed(let detail): "The HTTP port could not be opened: \(detail)"
        }
    }
}
