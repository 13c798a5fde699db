import NIOCore
import StageAPI
import Synchronization
import Testing

@testable import Gateway

@Suite struct HTTPTests {
    @Test func healthAndMetrics() async throws {
        try await Running.with { server in
            let health = try await RawClient.request(server.port, "GET", "/healthz")
            #expect(health.status == 200)
            #expect(health.body == #"{"status":"ok"}"#)
            let metrics = try await RawClient.request(server.port, "GET", "/metrics?x=1")
            #expect(metrics.body == "up 1\n")
            #expect(metrics.header("Content-Type") == "text/plain; version=0.0.4")
            let head = try await RawClient.request(server.port, "HEAD", "/healthz")
            #expect(head.status == 200)
            #expect(head.header("Content-Length") == "15")
            #expect(try await RawClient.request(server.port, "POST", "/healthz").status == 405)
            #expect(try await RawClient.request(server.port, "GET", "/nothing").status == 404)
        }
    }

    @Test func theDocumentOfTheAPI() async throws {
        try await Running.with { server in
            let answer = try await RawClient.request(server.port, "GET", "/openapi.json")
            #expect(answer.status == 200)
            #expect(answer.header("Content-Type") == "application/json")
            #expect(answer.header("Access-Control-Allow-Origin") == "*")
            #expect(answer.body.hasPrefix("{\"components\":{\"schemas\":{"))
            #expect(answer.body.contains("\"openapi\":\"3.1.0\""))
            #expect(try await RawClient.request(server.port, "POST", "/openapi.json").status == 405)
        }
    }

    /// Signature V4 is computed over what stood on the request line.
    @Test(arguments: [
        (
            "GET", "/tags/arn%3Aaws%3Aivs%3Aeu-west-1%3A1%3Astage%2Fabc?a=%20b&c",
            "/tags/arn%3Aaws%3Aivs%3Aeu-west-1%3A1%3Astage%2Fabc", "a=%20b&c"
        ),
        (
            "DELETE", "/tags/arn:aws:x?tagKeys=a&tagKeys=b%3f?", "/tags/arn:aws:x",
            "tagKeys=a&tagKeys=b%3f?"
        ),
        ("GET", "/tags/%ff//../%", "/tags/%ff//../%", ""),
        ("POST", "/ListStages", "/ListStages", ""),
    ])
    func theAPISeesTheRequestAsItStood(
        method: String, target: String, path: String, query: String
    ) async throws {
        try await Running.with { server in
            let answer = try await RawClient.request(
                server.port, method, target, ["X-Amz-Date": "20260101T000000Z"],
                body: method == "POST" ? "{\"a\":1}" : "")
            #expect(answer.status == 200)
            #expect(answer.header("x-amzn-RequestId") == "1")
            let seen = server.api.requests.withLock { $0 }
            #expect(seen.map(\.path) == [path])
            #expect(seen.map(\.query) == [query])
            #expect(seen.map(\.method) == [method])
            let headers = seen.first?.headers ?? []
            #expect(headers.contains { $0 == ("Host", "test.example") })
            #expect(headers.contains { $0 == ("X-Amz-Date", "20260101T000000Z") })
            #expect(seen.first?.body == Array((method == "POST" ? "{\"a\":1}" : "").utf8))
        }
    }

    @Test func otherMethodsOfTheAPIAreRefused() async throws {
        try await Running.with { server in
            let get = try await RawClient.request(server.port, "GET", "/ListStages")
            #expect(get.status == 405)
            #expect(get.header("Allow") == "POST")
            #expect(try await RawClient.request(server.port, "PUT", "/tags/x").status == 405)
            #expect(server.api.requests.withLock { $0.isEmpty })
        }
    }

    @Test func aConnectionTakesManyRequests() async throws {
        try await Running.with { server in
            try await RawClient.connect(to: server.port) { client in
                for count in [0, 10, 100_000] {
                    let body = String(repeating: "x", count: count)
                    try await client.send("POST", "/Operation", body: body)
                    #expect(try await client.answer().body == "{\"bytes\":\(count)}")
                }
                try await client.send("GET", "/healthz")
                try await client.send("GET", "/nothing")
                try await client.send("GET", "/healthz", ["Connection": "close"])
                #expect(try await client.answer().status == 200)
                #expect(try await client.answer().status == 404)
                let last = try await client.answer()
                #expect(last.header("Connection") == "close")
                #expect(await client.hasEnded())
            }
        }
    }

    @Test func aChunkedBodyIsCollected() async throws {
        try await Running.with { server in
            try await RawClient.connect(to: server.port) { client in
                try await client.send("POST", "/Operation", ["Transfer-Encoding": "chunked"])
                try await client.send("5\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n")
                #expect(try await client.answer().body == "{\"bytes\":8}")
            }
        }
    }

    @Test func aBodyThatWaitsIsAskedFor() async throws {
        try await Running.with { server in
            try await RawClient.connect(to: server.port) { client in
                let headers = ["Expect": "100-continue", "Content-Length": "3"]
                try await client.send("POST", "/Operation", headers)
                #expect(try await client.answer().status == 100)
                try await client.send("abc")
                #expect(try await client.answer().body == "{\"bytes\":3}")
            }
        }
    }

    @Test(arguments: ["announced", "chunked"])
    func aBodyThatIsTooLargeIsRefused(how: String) async throws {
        try await Running.with { server in
            try await RawClient.connect(to: server.port) { [server] client in
                let body = String(repeating: "x", count: 1024 * 1024 + 1)
                if how == "announced" {
                    try await client.send("POST", "/Operation", body: body)
                } else {
                    try await client.send("POST", "/Operation", ["Transfer-Encoding": "chunked"])
                    try await client.send("100001\r\n\(body)\r\n0\r\n\r\n")
                }
                #expect(try await client.answer().status == 413)
                // The connection is as good as before.
                try await client.send("GET", "/healthz")
                #expect(try await client.answer().status == 200)
                #expect(server.api.requests.withLock { $0.isEmpty })
            }
        }
    }

    @Test func aBodyWithoutEndIsNotReadForEver() async throws {
        try await Running.with { configuration in
            configuration.limits.discardedBytes = 2 * 1024 * 1024
        } _: { server in
            try await RawClient.connect(to: server.port) { client in
                try await client.send("POST", "/Operation", ["Content-Length": "99999999999"])
                let answer = try await client.answer()
                #expect(answer.status == 413)
                #expect(answer.header("Connection") == "close")
            }
        }
    }

    @Test(arguments: [
        ("GET\r\n\r\n", 400),
        ("GET / HTTP/9.9\r\n\r\n", 400),
        ("\u{16}\u{3}\u{1}\u{2}\r\n\r\n", 400),
        ("POST /Operation HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", 400),
        ("GET /\(String(repeating: "a", count: 200_000)) HTTP/1.1\r\nHost: x\r\n\r\n", 431),
        ("GET / HTTP/1.1\r\nX: \(String(repeating: "a", count: 100_000))\r\n\r\n", 431),
        ("GET / HTTP/1.1\r\n\(String(repeating: "X: y\r\n", count: 2000))\r\n", 431),
    ])
    func whatIsNoHTTPIsAnsweredOnce(bytes: String, status: Int) async throws {
        try await Running.with { server in
            try await RawClient.connect(to: server.port) { client in
                try await client.send(bytes)
                let answer = try await client.answer()
                #expect(answer.status == status)
                #expect(answer.header("Connection") == "close")
                #expect(await client.hasEnded())
            }
            #expect(try await RawClient.request(server.port, "GET", "/healthz").status == 200)
        }
    }

    @Test func aHalfClosedConnectionIsStillAnswered() async throws {
        try await Running.with { server in
            try await RawClient.connect(to: server.port) { client in
                try await client.send("GET", "/healthz")
                client.finish()
                #expect(try await client.answer().status == 200)
            }
        }
    }

    @Test func aSlowHeaderIsNotWaitedFor() async throws {
        try await Running.with { configuration in
            configuration.limits.headerTime = .milliseconds(300)
        } _: { server in
            try await RawClient.connect(to: server.port) { client in
                try await client.send("GET /healthz HTTP/1.1\r\nHost: x\r\n")
                #expect(await client.hasEnded())
            }
        }
    }

    @Test func aSlowBodyIsNotWaitedFor() async throws {
        try await Running.with { configuration in
            configuration.limits.bodyTime = .milliseconds(300)
        } _: { server in
            try await RawClient.connect(to: server.port) { client in
                try await client.send("POST", "/Operation", ["Content-Length": "10"])
                try await client.send("abc")
                #expect(await client.hasEnded())
            }
        }
    }

    @Test func anotherProtocolThanWebSocketIsNotTaken() async throws {
        try await Running.with { server in
            try await RawClient.connect(to: server.port) { client in
                try await client.send(
                    "GET", "/healthz",
                    ["Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c"])
                #expect(try await client.answer().status == 200)
                #expect(await client.hasEnded())
            }
        }
    }

    @Test(arguments: [
        ("http://stage.example/CreateStage?a=%2F", "/CreateStage", "a=%2F"),
        ("HTTPS://stage.example:7700/tags/arn%3Aaws", "/tags/arn%3Aaws", ""),
    ])
    func aTargetMayBeAWholeURL(target: String, path: String, query: String) async throws {
        try await Running.with { server in
            #expect(try await RawClient.request(server.port, "POST", target).status == 200)
            let asked = try #require(server.api.requests.withLock { $0.first })
            #expect(asked.path == path)
            #expect(asked.query == query)
            for target in ["http://stage.example", "http://stage.example?x"] {
                let answer = try await RawClient.request(server.port, "GET", target)
                #expect(answer.header("Location") == "/samples/")
            }
        }
    }

    @Test func aTakenPortIsToldApart() async throws {
        try await Running.with { server in
            let second = HTTPGateway(
                configuration: GatewayConfiguration(port: server.port), api: EchoAPI(),
                live: FakeLive(), metrics: { "" })
            await #expect(throws: GatewayError.portInUse(host: "127.0.0.1", port: server.port)) {
                try await second.run()
            }
        }
    }

    @Test(arguments: ["192.0.2.1", "no.such.host.invalid"])
    func anAddressOfSomebodyElseIsToldApart(host: String) async throws {
        let gateway = HTTPGateway(
            configuration: GatewayConfiguration(host: host, port: 0), api: EchoAPI(),
            live: FakeLive(), metrics: { "" })
        let error = await #expect(throws: GatewayError.self) { try await gateway.run() }
        guard case .addressNotAvailable = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func aMissingCertificateIsToldApart() async throws {
        let gateway = HTTPGateway(
            configuration: GatewayConfiguration(
                port: 0, tls: .init(certificate: "/nowhere.pem", key: "/nowhere.key")),
            api: EchoAPI(), live: FakeLive(), metrics: { "" })
        let error = await #expect(throws: GatewayError.self) { try await gateway.run() }
        guard case .unusableCertificate(path: "/nowhere.pem", _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}
