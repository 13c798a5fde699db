import Primitives
import Testing

@Suite("Transport addresses")
struct TransportAddressTests {
    @Test(
        "are read and printed",
        arguments: [
            ("127.0.0.1", "127.0.0.1:9"),
            ("255.255.255.255", "255.255.255.255:9"),
            ("::1", "[0:0:0:0:0:0:0:1]:9"),
            ("::", "[0:0:0:0:0:0:0:0]:9"),
            ("2001:db8::ff00:42:8329", "[2001:db8:0:0:0:ff00:42:8329]:9"),
            ("2001:DB8:1:2:3:4:5:6", "[2001:db8:1:2:3:4:5:6]:9"),
            ("fe80::", "[fe80:0:0:0:0:0:0:0]:9"),
            ("::ffff:192.0.2.1", "192.0.2.1:9"),
            ("64:ff9b::192.0.2.33", "[64:ff9b:0:0:0:0:c000:221]:9"),
        ])
    func reading(host: String, printed: String) throws {
        let address = try #require(TransportAddress(host: host, port: 9))
        #expect(address.description == printed)
        #expect(TransportAddress(host: address.host, port: 9) == address)
    }

    @Test(
        "are read with their ports",
        arguments: [
            ("192.0.2.1:7702", "192.0.2.1:7702"), ("192.0.2.1", "192.0.2.1:9"),
            ("[2001:db8::1]:80", "[2001:db8:0:0:0:0:0:1]:80"),
            ("[2001:db8::1]", "[2001:db8:0:0:0:0:0:1]:9"),
            ("2001:db8::1", "[2001:db8:0:0:0:0:0:1]:9"), ("0.0.0.0:0", "0.0.0.0:0"),
        ])
    func endpoints(text: String, printed: String) throws {
        #expect(TransportAddress(endpoint: text, defaultPort: 9)?.description == printed)
        let hasPort = text.hasSuffix("02") || text.hasSuffix("80") || text.hasSuffix(":0")
        #expect((TransportAddress(endpoint: text, defaultPort: nil) != nil) == hasPort)
    }

    @Test(
        "refuse what has no port where one should be",
        arguments: [
            "", ":", ":80", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:-1", "192.0.2.1:+1",
            "192.0.2.1:1:2", "[192.0.2.1]:80", "[2001:db8::1]80", "[2001:db8::1", "[]:80",
            "[2001:db8::1]:", "host:80", "[", "]", "[:", "[:]:1",
        ])
    func noEndpoints(text: String) {
        #expect(TransportAddress(endpoint: text, defaultPort: 9) == nil)
    }

    @Test(
        "refuse what is no literal",
        arguments: [
            "", "localhost", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.-4", "1.2.3.+4", "1..2.3",
            ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "::g",
            "fe80::1%eth0", "1:2:3:4:5:6:7::8", "::1.2.3", "+1::", "8f6c1c0a.local", "１.2.3.4",
        ])
    func refusing(host: String) {
        #expect(TransportAddress(host: host, port: 9) == nil)
    }

    @Test("know their family and the loopback")
    func families() throws {
        let ipv4 = TransportAddress(ipv4: 0x7F00_0001, port: 80)
        #expect(ipv4.isIPv4 && ipv4.isLoopback)
        #expect(ipv4 == TransportAddress(host: "127.0.0.1", port: 80))
        #expect(ipv4 != TransportAddress(ipv4: 0x7F00_0001, port: 81))
        let ipv6 = try #require(TransportAddress(host: "::1", port: 80))
        #expect(!ipv6.isIPv4 && ipv6.isLoopback)
        #expect(TransportAddress(host: "2001:db8::1", port: 80)?.isLoopback == false)
    }
}
