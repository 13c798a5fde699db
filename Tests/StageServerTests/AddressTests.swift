import Primitives
import Testing

@testable import StageServer

@Suite struct AddressTests {
    private func addresses(_ hosts: String...) -> [TransportAddress] {
        hosts.map { TransportAddress(host: $0, port: 0)! }
    }

    @Test func onLoopbackTheInterfacesFollowLoopback() throws {
        let made = try configuration(["--dev"])
        #expect(
            made.announcedAddresses(interfaces: addresses("192.0.2.9", "127.0.0.1"))
                == addresses("127.0.0.1", "192.0.2.9"))
        #expect(made.announcedAddresses(interfaces: []) == addresses("127.0.0.1"))
    }

    @Test func whereOthersReachItLoopbackIsNotAnnounced() throws {
        let made = try configuration(["--host", "0.0.0.0"])
        #expect(
            made.announcedAddresses(interfaces: addresses("192.0.2.9", "10.0.0.1", "127.0.0.1"))
                == addresses("192.0.2.9", "10.0.0.1"))
    }

    @Test func givenAddressesAreAll() throws {
        let made = try configuration(["--dev", "--media-address", "203.0.113.7"])
        #expect(
            made.announcedAddresses(interfaces: addresses("192.0.2.9"))
                == addresses("203.0.113.7"))
    }

    @Test func anAddressMayHaveAPortOfItsOwn() throws {
        let made = try configuration([
            "--dev", "--media-address", "127.0.0.1:7702", "--media-address", "[2001:db8::1]:9",
        ])
        let wanted = [
            TransportAddress(host: "127.0.0.1", port: 7702)!,
            TransportAddress(host: "2001:db8::1", port: 9)!,
        ]
        #expect(made.announcedAddresses(interfaces: addresses("192.0.2.9")) == wanted)
        #expect(made.mediaBindAddress.port == 7701)
        #expect(
            made.readyLine(httpPort: 1, mediaPort: 7701, media: wanted[0])
                == "rostrum ready http=http://127.0.0.1:1 media=udp:127.0.0.1:7702")
    }

    @Test func mediaIsBoundToEveryAddressOfTheFamiliesInUse() throws {
        #expect(
            try configuration(["--dev"]).mediaBindAddress
                == TransportAddress(ipv4: 0, port: 7701))
        #expect(
            try configuration(["--media-address", "2001:db8::1"]).mediaBindAddress
                == TransportAddress(high: 0, low: 0, port: 7701))
    }

    @Test func theReadyLine() throws {
        let loopback = addresses("127.0.0.1")[0]
        #expect(
            try configuration(["--dev"]).readyLine(
                httpPort: 7700, mediaPort: 7701, media: loopback)
                == "rostrum ready http=http://127.0.0.1:7700 media=udp:127.0.0.1:7701")
        #expect(
            try configuration(["--host", "::1", "--tls-cert", "c", "--tls-key", "k"]).readyLine(
                httpPort: 8443, mediaPort: 9, media: addresses("2001:db8::1")[0])
                == "rostrum ready http=https://[0:0:0:0:0:0:0:1]:8443 "
                + "media=udp:[2001:db8:0:0:0:0:0:1]:9")
    }

    @Test func thePublicURL() throws {
        let interfaces = addresses("192.0.2.9", "127.0.0.1")
        func url(_ arguments: String...) throws -> String {
            try configuration(arguments).publicURL(port: 81, interfaces: interfaces)
        }
        #expect(try url() == "http://127.0.0.1:81")
        #expect(try url("--host", "192.0.2.5") == "http://192.0.2.5:81")
        #expect(try url("--host", "0.0.0.0") == "http://192.0.2.9:81")
        #expect(try url("--public-url", "https://a.example/b") == "https://a.example/b")
        #expect(
            ServerConfiguration.eventsURL(of: "https://a.example", path: "/events")
                == "wss://a.example/events")
    }
}
