import Primitives
import Storage
import Testing

@testable import StageAPI

@Suite("Authentication")
struct AuthenticationTests {
    private func refused(
        _ test: TestService, _ change: (inout APIRequest) -> Void
    ) async throws -> Answer {
        var request = test.request("POST", "/ListStages", body: "{}")
        change(&request)
        return try await test.send(request)
    }

    private func replaceAuthorization(
        _ request: inout APIRequest, _ change: (String) -> String
    ) {
        let index = request.headers.firstIndex { $0.name == "Authorization" }!
        request.headers[index].value = change(request.headers[index].value)
    }

    @Test("a request without a signature is answered 403")
    func missing() async throws {
        let test = try await TestService()
        let none = try await refused(test) { $0.headers.removeAll { $0.name == "Authorization" } }
        #expect(none.error == "403 MissingAuthenticationTokenException")
        #expect(none.message == "Missing Authentication Token")
        for value in ["", "Bearer x", "Basic eDp5", "AWS AKID:xyz"] {
            let answer = try await refused(test) { replaceAuthorization(&$0) { _ in value } }
            #expect(answer.error == "403 MissingAuthenticationTokenException")
        }
    }

    @Test("an incomplete or impossible header says what is missing")
    func incomplete() async throws {
        let test = try await TestService()
        for name in ["Credential", "SignedHeaders", "Signature"] {
            let answer = try await refused(test) {
                replaceAuthorization(&$0) { $0.replacing(name + "=", with: "X=") }
            }
            #expect(answer.error == "403 IncompleteSignatureException")
            #expect(answer.message.contains(name))
        }
        for value in [
            "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA256 ,,,=,==",
            "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=00",
            "AWS4-HMAC-SHA256 Credential=/////, SignedHeaders=;;, Signature=;",
        ] {
            let answer = try await refused(test) { replaceAuthorization(&$0) { _ in value } }
            #expect(answer.error == "403 IncompleteSignatureException", "\(value)")
        }
        let undated = try await refused(test) { $0.headers.removeAll { $0.name == "X-Amz-Date" } }
        #expect(undated.error == "403 IncompleteSignatureException")
    }

    @Test("an unknown key, a wrong signature, region, service or secret: each its own error")
    func wrong() async throws {
        let test = try await TestService()
        let unknown = try await refused(test) {
            replaceAuthorization(&$0) { $0.replacing("rostrum-dev", with: "AKIAIOSFODNN7EXAMPLE") }
        }
        #expect(unknown.error == "403 UnrecognizedClientException")
        #expect(unknown.message == "The security token included in the request is invalid.")

        let signature = try await refused(test) {
            replaceAuthorization(&$0) {
                String($0.dropLast(64)) + String(repeating: "a", count: 64)
            }
        }
        #expect(signature.error == "403 InvalidSignatureException")
        #expect(signature.message.hasPrefix("The request signature we calculated does not match"))
        let body = try await refused(test) { $0.body = Array("{} ".utf8) }
        #expect(body.error == "403 InvalidSignatureException")

        for (region, service, text) in [
            ("eu-west-1", "ivs", "region"), ("local", "s3", "service"),
            ("local", "ivschat", "service"),
        ] {
            let headers = SignatureV4Signer(key: TestService.key, region: region, service: service)
                .sign(
                    method: "POST", path: "/ListStages", headers: [("Host", "h")],
                    body: Array("{}".utf8), at: test.now)
            let answer = try await refused(test) { $0.headers = headers }
            #expect(answer.error == "403 InvalidSignatureException")
            #expect(answer.message.contains(text))
        }
    }

    @Test("both names of the service are accepted")
    func services() async throws {
        let test = try await TestService()
        for service in ["ivs", "ivsrealtime"] {
            let headers = SignatureV4Signer(key: TestService.key, region: "local", service: service)
                .sign(
                    method: "POST", path: "/ListStages", headers: [("host", "h")], body: [],
                    at: test.now)
            let answer = try await refused(test) {
                $0.headers = headers
                $0.body = []
            }
            #expect(answer.status == 200, "\(answer.body.text)")
        }
    }

    @Test("a clock that is more than 15 minutes off is refused, in both directions")
    func skew() async throws {
        for (seconds, message) in [
            (
                901,
                "Signature expired: 20250615T150640Z is now earlier than 20250615T150641Z "
                    + "(20250615T152141Z - 15 min.)"
            ),
            (
                -901,
                "Signature not yet current: 20250615T150640Z is still later than "
                    + "20250615T150639Z (20250615T145139Z + 15 min.)"
            ),
        ] {
            let test = try await TestService()
            let request = test.request("POST", "/ListStages", body: "{}")
            test.wait(.seconds(seconds))
            let answer = try await test.send(request)
            #expect(answer.error == "403 InvalidSignatureException")
            #expect(answer.message == message)
        }
        for seconds in [900, -900] {
            let test = try await TestService()
            let request = test.request("POST", "/ListStages", body: "{}")
            test.wait(.seconds(seconds))
            #expect(try await test.send(request).status == 200)
        }
    }

    @Test("the Date header will do when X-Amz-Date is absent")
    func httpDate() async throws {
        let test = try await TestService()
        let headers: [(name: String, value: String)] = [
            ("Host", "h"), ("Date", "Sun, 15 Jun 2025 15:06:40 GMT"),
        ]
        let canonical = CanonicalRequest(
            method: "POST", path: "/ListStages", query: "", headers: headers,
            signedHeaders: ["date", "host"], payloadHash: CanonicalRequest.hash([]))
        let signature = SignatureV4(date: "20250615T150640Z", region: "local", service: "ivs")
        let hex = CanonicalRequest.hex(signature.sign(canonical, secret: TestService.key.secret))
        let answer = try await refused(test) {
            $0.body = []
            $0.headers =
                headers + [
                    (
                        "Authorization",
                        "AWS4-HMAC-SHA256 Credential=rostrum-dev/\(signature.scope.text),"
                            + "SignedHeaders=date;host,Signature=\(hex)"
                    )
                ]
        }
        #expect(answer.status == 200, "\(answer.body.text)")
    }

    @Test("what is said about the body must be true, and said under signature")
    func contentHash() async throws {
        let test = try await TestService()
        func answer(_ hash: String) async throws -> Answer {
            let headers = SignatureV4Signer(key: TestService.key, region: "local").sign(
                method: "POST", path: "/ListStages",
                headers: [("Host", "h"), ("x-amz-content-sha256", hash)], body: [], at: test.now)
            return try await refused(test) {
                $0.headers = headers
                $0.body = []
            }
        }
        #expect(try await answer(CanonicalRequest.hash([])).status == 200)
        for hash in ["UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "", "00"] {
            #expect(try await answer(hash).error == "403 InvalidSignatureException", "\(hash)")
        }
        let unsigned = try await refused(test) {
            $0.headers.append(("x-amz-content-sha256", CanonicalRequest.hash($0.body)))
        }
        #expect(unsigned.error == "403 InvalidSignatureException")
        #expect(unsigned.message.contains("x-amz-content-sha256"))
    }

    @Test("the host must be signed")
    func host() async throws {
        let test = try await TestService()
        let headers = SignatureV4Signer(key: TestService.key, region: "local").sign(
            method: "POST", path: "/ListStages", headers: [], body: [], at: test.now)
        let answer = try await refused(test) {
            $0.headers = headers
            $0.body = []
        }
        #expect(answer.error == "403 InvalidSignatureException")
    }

    @Test("stored keys sign, are listed without secrets, and stop signing when revoked")
    func storedKeys() async throws {
        let test = try await TestService()
        let directory = AccessKeyDirectory(vault: test.vault)
        let first = try await directory.create(at: test.now, random: .seeded(5))
        let second = try await directory.create(at: test.now + .seconds(1))
        #expect(first.id.wholeMatch(of: /RSTR[A-Z2-7]{16}/) != nil)
        #expect(first.secret.value.wholeMatch(of: /[A-Za-z0-9]{40}/) != nil)
        #expect(!"\(first)".contains(first.secret.value))
        #expect(try await directory.list().map(\.id) == [first.id, second.id])

        func status(_ key: AccessKey) async throws -> Int {
            let headers = SignatureV4Signer(key: key, region: "local").sign(
                method: "POST", path: "/ListStages", headers: [("Host", "h")], body: [],
                at: test.now)
            return try await refused(test) {
                $0.headers = headers
                $0.body = []
            }.status
        }
        #expect(try await status(first) == 200)
        #expect(try await status(AccessKey(id: first.id, secret: second.secret)) == 403)
        #expect(try await directory.revoke(first.id))
        #expect(try await directory.revoke(first.id) == false)
        test.wait(.seconds(1))
        #expect(try await status(first) == 403)
        #expect(try await status(second) == 200)
        #expect(try await directory.list().map(\.id) == [second.id])
        #expect(try await directory.key("") == nil)
        #expect(try await directory.key(String(second.id.prefix(16))) == nil)
        #expect(try await directory.key(second.id + "/") == nil)
    }

    @Test("no garbage in the header traps")
    func fuzz() async throws {
        let test = try await TestService()
        var random = SeededGenerator(seed: 9)
        let alphabet = Array("AWS4-HMAC-SHA256 Credential=/,;SignedHeaders=host;Signature=é0af\t")
        for _ in 0..<2000 {
            var text = "AWS4-HMAC-SHA256 "
            for _ in 0..<Int.random(in: 0...60, using: &random) {
                text.append(alphabet.randomElement(using: &random)!)
            }
            let answer = try await refused(test) { replaceAuthorization(&$0) { _ in text } }
            #expect(answer.status == 403)
        }
    }
}
