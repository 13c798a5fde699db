import Primitives
import StageAPI
import Storage
import Synchronization
import Testing

@testable import Gateway

@Suite struct MediaTests {
    static let offer = [
        "Authorization": "Bearer t.o.k", "Content-Type": "application/sdp; charset=utf-8",
        "User-Agent": "OBS-Studio/30.2.3", "Origin": "https://studio.example",
    ]

    @Test(arguments: [("/whip", nil), ("/whip/publish", nil), ("/whip/publish/me", "me")])
    func publishing(path: String, participant: String?) async throws {
        try await Running.with { server in
            let answer = try await RawClient.request(
                server.port, "POST", path, Self.offer, body: "v=0\n")
            #expect(answer.status == 201)
            #expect(answer.header("Location") == "/whip/session/res1")
            #expect(answer.header("ETag") == "\"tag\"")
            #expect(answer.header("Content-Type") == "application/sdp")
            #expect(answer.body == "v=0\r\n")
            #expect(answer.header("Access-Control-Allow-Origin") == "*")
            let exposed = answer.header("Access-Control-Expose-Headers") ?? ""
            #expect(exposed.contains("Location, Link, ETag"))
            let request = server.live.state.withLock { $0.published.first }
            #expect(request?.bearer == "t.o.k")
            #expect(request?.offer == "v=0\n")
            #expect(request?.pathParticipant == participant.map { ParticipantID($0) })
            #expect(request?.client.sdkVersion == "OBS-Studio 30.2.3")
        }
    }

    @Test func subscribing() async throws {
        try await Running.with { server in
            for path in ["/whip/subscribe", "/whip/subscribe/ada"] {
                let answer = try await RawClient.request(
                    server.port, "POST", path, Self.offer, body: "v=0\n")
                #expect(answer.status == 201)
                #expect(answer.header("Location") == "/whip/session/res2")
            }
            let wanted = server.live.state.withLock { $0.subscribed.map(\.pathParticipant) }
            #expect(wanted == [nil, ParticipantID("ada")])
        }
    }

    @Test func aPublicPathStandsInFront() async throws {
        try await Running.with { configuration in
            configuration.publicURL = "https://media.example/rostrum/"
        } _: { server in
            let answer = try await RawClient.request(
                server.port, "POST", "/whip", Self.offer, body: "v=0\n")
            #expect(answer.header("Location") == "/rostrum/whip/session/res1")
            let root = try await RawClient.request(server.port, "GET", "/")
            #expect(root.header("Location") == "/rostrum/samples/")
        }
    }

    @Test func aRefusalIsJSONThatPagesMayRead() async throws {
        try await Running.with { server in
            var headers = Self.offer
            headers["Authorization"] = nil
            let answer = try await RawClient.request(
                server.port, "POST", "/whip", headers, body: "v=0\n")
            #expect(answer.status == 401)
            #expect(
                answer.body
                    == #"{"code":2,"name":"TOKEN_EXPIRED","message":"The token has \"expired\"."}"#)
            #expect(answer.header("Access-Control-Allow-Origin") == "*")
            #expect(answer.header("WWW-Authenticate") == "Bearer")
        }
    }

    @Test(arguments: ["application/json", "text/plain", "application/sdpx", nil])
    func anotherContentTypeIs415(type: String?) async throws {
        try await Running.with { server in
            var headers = Self.offer
            headers["Content-Type"] = type
            let answer = try await RawClient.request(
                server.port, "POST", "/whip", headers, body: "v=0\n")
            #expect(answer.status == 415)
            #expect(answer.header("Access-Control-Allow-Origin") == "*")
            headers["If-Match"] = "*"
            let patch = try await RawClient.request(
                server.port, "PATCH", "/whip/session/x", headers, body: "a=b\n")
            #expect(patch.status == 415)
        }
    }

    @Test(arguments: [131_073, 2_800_000])
    func anOversizedOfferIs413(count: Int) async throws {
        try await Running.with { server in
            let body = String(repeating: "a", count: count)
            let answer = try await RawClient.request(
                server.port, "POST", "/whip", Self.offer, body: body)
            #expect(answer.status == 413)
            #expect(answer.header("Access-Control-Allow-Origin") == "*")
            #expect(server.live.state.withLock { $0.published.isEmpty })
        }
    }

    @Test func textThatIsNoUTF8IsRefused() async throws {
        try await Running.with { server in
            try await RawClient.connect(to: server.port) { client in
                var headers = Self.offer
                headers["Content-Length"] = "2"
                try await client.send("POST", "/whip", headers)
                try await client.send([0xFF, 0xFE])
                #expect(try await client.answer().status == 400)
            }
        }
    }

    @Test(arguments: ["/whip", "/whip/publish/x", "/whip/subscribe", "/whip/subscribe/x"])
    func preflight(path: String) async throws {
        try await Running.with { configuration in
            configuration.iceServers = [
                "<stun:a.example>; rel=\"ice-server\"", "<turn:b.example>; rel=\"ice-server\"",
            ]
        } _: { server in
            let answer = try await RawClient.request(
                server.port, "OPTIONS", path,
                [
                    "Origin": "https://studio.example", "Access-Control-Request-Method": "POST",
                    "Access-Control-Request-Headers": "authorization,content-type",
                ])
            #expect(answer.status == 200)
            #expect(answer.header("Accept-Post") == "application/sdp")
            #expect(answer.all("Link").count == 2)
            #expect(answer.header("Access-Control-Allow-Origin") == "*")
            let methods = answer.header("Access-Control-Allow-Methods") ?? ""
            #expect(["POST", "PATCH", "DELETE"].allSatisfy { methods.contains($0) })
            let headers = answer.header("Access-Control-Allow-Headers") ?? ""
            #expect(headers == "Authorization, Content-Type, If-Match")
        }
    }

    @Test func onlyListedOriginsWhereThereIsAList() async throws {
        try await Running.with { configuration in
            configuration.corsOrigins = ["https://studio.example"]
        } _: { server in
            let listed = try await RawClient.request(
                server.port, "OPTIONS", "/whip", ["Origin": "https://studio.example"])
            #expect(listed.header("Access-Control-Allow-Origin") == "https://studio.example")
            #expect(listed.header("Vary") == "Origin")
            let other = try await RawClient.request(
                server.port, "OPTIONS", "/whip", ["Origin": "https://evil.example"])
            #expect(other.header("Access-Control-Allow-Origin") == nil)
        }
    }

    @Test func aSession() async throws {
        try await Running.with { server in
            let path = "/whip/session/res1"
            var headers = Self.offer
            headers["Content-Type"] = "application/trickle-ice-sdpfrag"
            headers["If-Match"] = "\"tag\""
            let trickle = try await RawClient.request(
                server.port, "PATCH", path, headers, body: "a=x\r\n")
            #expect(trickle.status == 204)
            #expect(trickle.header("ETag") == nil)
            #expect(trickle.header("Content-Length") == nil)
            headers["If-Match"] = "*"
            let restart = try await RawClient.request(
                server.port, "PATCH", path, headers, body: "a=x\r\n")
            #expect(restart.status == 200)
            #expect(restart.header("ETag") == "\"new\"")
            #expect(restart.header("Content-Type") == "application/trickle-ice-sdpfrag")
            #expect(restart.body == "a=ice-ufrag:x\r\n")
            let patches = server.live.state.withLock { $0.patches.map(\.ifMatch) }
            #expect(patches == ["\"tag\"", "*"])
            let large = try await RawClient.request(
                server.port, "PATCH", path, headers, body: String(repeating: "a", count: 16_385))
            #expect(large.status == 413)
            #expect(try await RawClient.request(server.port, "GET", path).status == 204)
            #expect(try await RawClient.request(server.port, "PUT", path).status == 405)
            #expect(try await RawClient.request(server.port, "POST", path).status == 405)
            let end = try await RawClient.request(
                server.port, "DELETE", path, ["Authorization": "bearer  t.o.k"])
            #expect(end.status == 200)
            #expect(try await RawClient.request(server.port, "DELETE", path).status == 401)
        }
    }
}
