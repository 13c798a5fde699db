import DatagramIO
import Glibc
import Primitives

extension TunnelDevice.Place {
    /// Reads `NAME[@NETNS][,ADDRESS/BITS]`.
    init(text: String) throws(LinkText.Mistake) {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let place = parts[0].split(
            separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count <= 2, (1...15).contains(place[0].utf8.count),
            !place[0].contains("/"), place.last?.isEmpty == false
        else {
            throw LinkText.Mistake(
                description: "it must be like ra@phone or ra@phone,10.98.0.1/24, with a name of at "
                    + "most 15 bytes")
        }
        self.init(
            name: String(place[0]), network: place.count == 2 ? Self.file(of: place[1]) : nil)
        guard parts.count == 2 else { return }
        let address = parts[1].split(separator: "/", omittingEmptySubsequences: false)
        guard address.count == 2, let bits = Int(address[1]), (1...32).contains(bits),
            let host = TransportAddress(host: String(address[0]), port: 0), host.isIPv4
        else {
            throw LinkText.Mistake(description: "the address must be IPv4, like 10.98.0.1/24")
        }
        self.address = host
        prefix = bits
    }

    /// A name as of `ip netns`, a process, or a file.
    private static func file(of network: Substring) -> String {
        if network.contains("/") { return String(network) }
        if network.allSatisfy({ $0.isASCII && $0.isNumber }) { return "/proc/\(network)/ns/net" }
        return "/var/run/netns/\(network)"
    }
}

extension StartRefusal {
    init(tunnel error: TunnelDevice.OpenError, at place: TunnelDevice.Place) {
        let reason = systemReason(error.errno)
        if error.errno == EPERM || error.errno == EACCES {
            self.init(
                .unavailable,
                "the device \(place.name) needs root or CAP_NET_ADMIN: use sudo, or relay UDP with "
                    + "--listen and --to, which anybody may")
            return
        }
        switch (error.step, error.errno) {
        case (.enterNamespace, ENOENT):
            self.init(
                .unavailable,
                "there is no network namespace \(place.network ?? ""): make it with 'ip netns add'")
        case (.openDriver, _):
            self.init(
                .unavailable,
                "/dev/net/tun: \(reason); load it with 'modprobe tun', or pass it to the container "
                    + "with --device /dev/net/tun")
        case (.attach, EBUSY):
            self.init(.unavailable, "another program has the device \(place.name)")
        case (.attach, EINVAL):
            self.init(.unavailable, "\(place.name) is there already, and is no TUN device")
        case (.setAddress, _), (.bringUp, _):
            self.init(.unavailable, "cannot set up the device \(place.name): \(reason)")
        default:
            self.init(.unavailable, "cannot make the device \(place.name): \(reason)")
        }
    }
}
