import DatagramIO
import Gateway
import Glibc
import ServiceLifecycle

// What others say went wrong, in a refusal's words.
extension StartRefusal {
    init(media error: SystemError, port: UInt16) {
        switch error.errno {
        case EADDRINUSE:
            self.init(
                .unavailable,
                "the media port \(port) is in use; choose another with --media-port")
        case EACCES, EPERM:
            self.init(
                .unavailable,
                "the media port \(port) may not be opened by this user; choose one "
                    + "from 1024 up with --media-port")
        default:
            self.init(
                .unavailable,
                "cannot open the media port \(port): \(systemReason(error.errno))")
        }
    }

    init(gateway error: GatewayError) {
        switch error {
        case .portInUse(_, let port):
            self.init(.unavailable, "port \(port) is in use; choose another with --port")
        case .addressNotAvailable(let host, _):
            self.init(.unavailable, "\(host) is no address of this machine; see --host")
        case .notPermitted(_, let port):
            self.init(
                .unavailable,
                "port \(port) may not be opened by this user; choose one from 1024 "
                    + "up with --port")
        case .unusableCertificate(let path, let detail):
            self.init(.configuration, "cannot use the TLS certificate \(path): \(detail)")
        case .unusableKey(let path, let detail):
            self.init(.configuration, "cannot use the TLS key \(path): \(detail)")
        case .failed(let detail):
            self.init(.unavailable, "the HTTP port could not be opened: \(detail)")
        }
    }

    /// Whatever ended the services.
    init(running error: any Error) {
        switch error {
        case let refusal as StartRefusal: self = refusal
        case let error as GatewayError: self.init(gateway: error)
        case let error as ServiceGroupError:
            self.init(.general, "a part of the server ended by itself: \(error)")
        default: self.init(.general, "the server failed: \(error)")
        }
    }
}
