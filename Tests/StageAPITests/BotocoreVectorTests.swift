import Primitives
import Storage
import Testing

@testable import StageAPI

/// Requests as boto3 1.44.5 sends them for `ivs-realtime` with `endpoint_url` set.
struct Vector: Sendable, CustomTestStringConvertible {
    static let key = AccessKey(
        id: "AKIDEXAMPLE000000000", secret: Redacted("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))
    static let time = SignatureDate.parse(basic: "20250601T120000Z")!

    var name: String
    var method: String
    var path: String
    var query: String
    var body: String
    var signedHeaders: String
    var signature: String

    var testDescription: String { name }

    var request: APIRequest {
        APIRequest(
            method: method, path: path, query: query,
            headers: [
                ("Host", "127.0.0.1:7700"), ("Accept-Encoding", "identity"),
                ("Content-Type", "application/json"), ("User-Agent", "Boto3/1.44.5"),
                ("X-Amz-Date", "20250601T120000Z"),
                (
                    "Authorization",
                    "AWS4-HMAC-SHA256 Credential=\(Self.key.id)/20250601/local/ivs/aws4_request, "
                        + "SignedHeaders=\(signedHeaders), Signature=\(signature)"
                ),
                ("amz-sdk-invocation-id", "1abf655b-6313-407e-8370-944492bb1fd3"),
                ("amz-sdk-request", "attempt=1; max=3"), ("Content-Length", "\(body.utf8.count)"),
            ],
            body: Array(body.utf8))
    }

    static let all = [
        Vector(
            name: "CreateStage", method: "POST",
            path: "/CreateStage",
            query: "",
            body: #"""
                {"name": "demo-realtime"}
                """#,
            signedHeaders: "content-type;host;x-amz-date",
            signature: "add07bfdbb806b2515f525403450f227d2f377016b8ebc03cf09fac128301c7c"),
        Vector(
            name: "CreateStage", method: "POST",
            path: "/CreateStage",
            query: "",
            body: #"""
                {"name": "demo-realtime", "participantTokenConfigurations": [{"userId": "test-1", "capabilities": ["PUBLISH", "SUBSCRIBE"], "attributes": {"demo-attribute": "t\u00e9st-1"}}]}
                """#,
            signedHeaders: "content-type;host;x-amz-date",
            signature: "51f6162fc767dcbd0d36df85673ff7374913ff2b22ec0490145366ca61660ca6"),
        Vector(
            name: "ListStages", method: "POST",
            path: "/ListStages",
            query: "",
            body: #"""
                {}
                """#,
            signedHeaders: "content-type;host;x-amz-date",
            signature: "203d86e6c0027bf356abe9a64bae46345b10e9c18b29e1dc6d9a2e9e7c92f16f"),
        Vector(
            name: "GetStage", method: "POST",
            path: "/GetStage",
            query: "",
            body: #"""
                {"arn": "arn:aws:ivs:local:000000000000:stage/VSWjvX5XOkU3"}
                """#,
            signedHeaders: "content-type;host;x-amz-date",
            signature: "d8583c610de3802fab4091b8135106a743d495ca43d9b26f1ae96e47f16e4470"),
        Vector(
            name: "ListTagsForResource", method: "GET",
            path: "/tags/arn%3Aaws%3Aivs%3Alocal%3A000000000000%3Astage%2FVSWjvX5XOkU3",
            query: "",
            body: #"""

                """#,
            signedHeaders: "host;x-amz-date",
            signature: "76d8bcd56b45b04129c2d56017fb0c8cd8111c0efdd03257f1a3a12bdfabfb1d"),
        Vector(
            name: "TagResource", method: "POST",
            path: "/tags/arn%3Aaws%3Aivs%3Alocal%3A000000000000%3Astage%2FVSWjvX5XOkU3",
            query: "",
            body: #"""
                {"tags": {"a b": "c/d", "\u00fc": "\u00f6"}}
                """#,
            signedHeaders: "content-type;host;x-amz-date",
            signature: "f267f24fddd258ca73e3fa389587fc68338e0d710f8f395cc088746e603041c9"),
        Vector(
            name: "UntagResource", method: "DELETE",
            path: "/tags/arn%3Aaws%3Aivs%3Alocal%3A000000000000%3Astage%2FVSWjvX5XOkU3",
            query: "tagKeys=a%20b&tagKeys=%C3%BC&tagKeys=z%26%3D%2B~%2A%27%28%29&tagKeys=k",
            body: #"""

                """#,
            signedHeaders: "host;x-amz-date",
            signature: "b266acab9ed8f359618e8fefdfb0cd70cc4b422fad219daa9e1c8c30027ff10d"),
    ]
}

@Suite("Signature V4 of boto3")
struct BotocoreVectorTests {
    private let verifier = SignatureVerifier(
        region: "local",
        accessKeys: AccessKeyDirectory(vault: .forTests(), fixed: Vector.key))

    @Test("is verified", arguments: Vector.all)
    func verifies(vector: Vector) async throws {
        let signer = try await verifier.verify(vector.request, at: Vector.time)
        #expect(signer == Vector.key)
    }

    @Test("covers method, path, query, signed headers and body", arguments: Vector.all)
    func tampering(vector: Vector) async throws {
        var changed: [APIRequest] = []
        func change(_ body: (inout APIRequest) -> Void) {
            var request = vector.request
            body(&request)
            changed.append(request)
        }
        change { $0.method = "PUT" }
        change { $0.path += "x" }
        change {
            $0.path = $0.path.replacing("%3A", with: ":") + ($0.path.contains("%") ? "" : "?")
        }
        change { $0.query += "&x=y" }
        change { $0.body.append(UInt8(ascii: " ")) }
        change { $0.headers[0].value = "127.0.0.1:7701" }
        change { $0.headers[4].value = "20250601T120001Z" }
        change {
            $0.headers[5].value = $0.headers[5].value.replacing("Signature=", with: "Signature=0")
        }
        change {
            $0.headers[5].value = String(
                $0.headers[5].value.dropLast(64) + String(repeating: "0", count: 64))
        }
        for request in changed {
            await #expect(throws: APIError.self) {
                try await verifier.verify(request, at: Vector.time)
            }
        }
    }
}
