import Testing

@testable import Gateway

@Suite struct SampleTests {
    @Test(arguments: [
        ("/samples/", "text/html; charset=utf-8", "<h1>index</h1>"),
        ("/samples/index.html?x=1", "text/html; charset=utf-8", "<h1>index</h1>"),
        ("/samples/lib/client.mjs", "text/javascript; charset=utf-8", "export {}"),
        ("/samples/style.css", "text/css; charset=utf-8", "a{}"),
        ("/samples/logo.svg", "image/svg+xml", "<svg/>"),
    ])
    func areServed(path: String, type: String, body: String) async throws {
        try await SampleFolder.with { folder in
            try await Running.with {
                $0.samplesDirectory = folder.path
            } _: { server in
                let answer = try await RawClient.request(server.port, "GET", path)
                #expect(answer.status == 200)
                #expect(answer.header("Content-Type") == type)
                #expect(answer.header("Cache-Control") == "no-cache")
                #expect(answer.header("X-Content-Type-Options") == "nosniff")
                #expect(answer.header("Content-Security-Policy")?.contains("'self'") == true)
                #expect(answer.body == body)
            }
        }
    }

    @Test(arguments: [
        "/samples/../secret.txt", "/samples/%2e%2e/secret.txt", "/samples/..%2fsecret.txt",
        "/samples/lib/../../secret.txt", "/samples/lib/%2e%2e/%2e%2e/secret.txt",
        "/samples//etc/passwd", "/samples/%2fetc%2fpasswd", "/samples/.secret", "/samples/./",
        "/samples/index.html%00.js", "/samples/..\\secret.txt", "/samples/lib", "/samples/lib/",
        "/samples/%", "/samples/none.html", "/samples/index.html/", "/samples/~root",
    ])
    func nothingElseIs(path: String) async throws {
        try await SampleFolder.with { folder in
            try await Running.with {
                $0.samplesDirectory = folder.path
            } _: { server in
                let answer = try await RawClient.request(server.port, "GET", path)
                #expect(answer.status == 404)
                #expect(!answer.body.contains("secret.txt"))
            }
        }
    }

    @Test func thereMayBeNone() async throws {
        try await Running.with { server in
            #expect(try await RawClient.request(server.port, "GET", "/samples/").status == 404)
            let root = try await RawClient.request(server.port, "GET", "/")
            #expect(root.status == 302)
            #expect(root.header("Location") == "/samples/")
        }
    }
}
