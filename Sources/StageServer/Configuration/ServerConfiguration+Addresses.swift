package import Primitives

// What clients are told.
extension ServerConfiguration {
    /// The addresses that media is announced at, best first, with port 0 for that of the media socket.
    ///
    /// Without `--media-address` these are the interfaces' addresses. A server on loopback adds
    /// 127.0.0.1 in front; the others stand behind it because a browser may hide its loopback
    /// candidates. A server that others reach never announces loopback, which would be their own.
    /// - Parameter interfaces: the IPv4 addresses of this machine.
    package func announcedAddresses(interfaces: [TransportAddress]) -> [TransportAddress] {
        guard mediaAddresses.isEmpty else { return mediaAddresses }
        let reachable = interfaces.filter { !$0.isLoopback && !$0.isUnspecified }
        let loopback = TransportAddress(ipv4: 0x7F00_0001, port: 0)
        if http.isLoopback { return [loopback] + reachable }
        return reachable.isEmpty ? [loopback] : reachable
    }

    /// Where the media socket is bound: every address, because what is announced may be of any
    /// interface. Of both families when `--host` or a `--media-address` is IPv6.
    package var mediaBindAddress: TransportAddress {
        let hasIPv6 = !http.isIPv4 || mediaAddresses.contains { !$0.isIPv4 }
        return hasIPv6
            ? TransportAddress(high: 0, low: 0, port: mediaPort)
            : TransportAddress(ipv4: 0, port: mediaPort)
    }

    /// The URL of HTTP on this machine: `http://127.0.0.1:7700`.
    package func localURL(port: UInt16) -> String {
        var address = http
        address.port = port
        return "\(isSecure ? "https" : "http")://\(address)"
    }

    /// The URL that clients are told, without a slash at its end. When none was given, that of
    /// `--host`; when that means every address, the one of the first interface.
    /// - Parameter port: the one that HTTP is bound to.
    package func publicURL(port: UInt16, interfaces: [TransportAddress]) -> String {
        if let publicURL { return publicURL }
        guard http.isUnspecified else { return localURL(port: port) }
        var address =
            interfaces.first { !$0.isLoopback && !$0.isUnspecified }
            ?? TransportAddress(ipv4: 0x7F00_0001, port: 0)
        address.port = port
        return "\(isSecure ? "https" : "http")://\(address)"
    }

    /// What ``publicURL(port:interfaces:)`` is with `ws` for `http`.
    package static func eventsURL(of publicURL: String, path: String) -> String {
        "ws" + publicURL.dropFirst("http".count) + path
    }

    /// The one line on standard output that says that requests are answered.
    package func readyLine(httpPort: UInt16, mediaPort: UInt16, media: TransportAddress) -> String {
        var media = media
        if media.port == 0 { media.port = mediaPort }
        return "rostrum ready http=\(localURL(port: httpPort)) media=udp:\(media)"
    }
}
