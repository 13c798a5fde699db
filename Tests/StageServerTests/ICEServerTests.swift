import Testing

@testable import StageServer

@Suite struct ICEServerTests {
    @Test func stunIsALink() throws {
        let made = try configuration(["--ice-server", "stun:stun.example.net:3478"])
        #expect(
            made.iceServers.map(\.link) == ["<stun:stun.example.net:3478>; rel=\"ice-server\""])
    }

    @Test func turnHasItsLoginApart() throws {
        let server = ICEServer("turn:17%3Aana:s%40fe@turn.example.net:3478?transport=udp")
        #expect(server?.uri == "turn:turn.example.net:3478?transport=udp")
        #expect(
            server?.link
                == "<turn:turn.example.net:3478?transport=udp>; rel=\"ice-server\"; "
                + "username=\"17:ana\"; credential=\"s@fe\"; credential-type=\"password\"")
    }

    @Test(arguments: [
        "", "stun:", "stun:a@b", "turn:example.net", "turn:a@example.net", "turn:a:b@",
        "turn::b@c", "turn:a:b:c@d", "turn:a:%22@d", "turn:a:%0d%0a@d", "http:example.net",
        "stun:a b", "stun:a>;rel", "turn:a:%zz@d",
    ])
    func whatCannotStandInAHeaderIsRefused(_ text: String) {
        #expect(ICEServer(text) == nil)
    }

    @Test func originsOfPagesAreASet() throws {
        #expect(try configuration().corsOrigins == nil)
        #expect(
            try configuration(environment: [
                "ROSTRUM_CORS_ORIGIN": "https://a.example,http://localhost:8080"
            ]).corsOrigins == ["https://a.example", "http://localhost:8080"])
    }
}
