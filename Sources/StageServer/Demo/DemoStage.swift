import Foundation
import FoundationNetworking
import Primitives
import StageAPI

/// A stage that was made through the API, with tokens for everybody in the show.
struct DemoStage: Sendable {
    let arn: String
    /// One for each synthetic host, in their order.
    let hostTokens: [String]
    /// For a person with a camera.
    let cameraToken: String
    let viewerToken: String
}

/// The API, as a backend would call it: JSON in requests that are signed.
struct DemoAPI: Sendable {
    let endpoint: URL
    let signer: SignatureV4Signer
    let http: any HTTPSending

    private struct TokenConfiguration: Encodable {
        var userId: String
        var attributes: [String: String]
        var capabilities: [String]
    }

    private struct CreateStageRequest: Encodable {
        var name: String
        var participantTokenConfigurations: [TokenConfiguration]
    }

    private struct CreateStageResponse: Decodable {
        struct Stage: Decodable { var arn: String }
        struct Token: Decodable {
            var token: String
            var userId: String
        }
        var stage: Stage
        var participantTokens: [Token]
    }

    private struct DeleteStageRequest: Encodable { var arn: String }

    func createStage(hosts: [String]) async throws(StartRefusal) -> DemoStage {
        let both = ["PUBLISH", "SUBSCRIBE"]
        var tokens = hosts.enumerated().map { index, name in
            TokenConfiguration(
                userId: "host-\(index + 1)", attributes: ["name": name], capabilities: both)
        }
        tokens.append(
            TokenConfiguration(userId: "camera", attributes: ["name": "You"], capabilities: both))
        tokens.append(
            TokenConfiguration(
                userId: "viewer", attributes: ["name": "Viewer"], capabilities: ["SUBSCRIBE"]))
        let response = try await call(
            "CreateStage",
            CreateStageRequest(name: "demo", participantTokenConfigurations: tokens))
        guard response.status == 200,
            let answer = try? JSONDecoder().decode(
                CreateStageResponse.self, from: Data(response.body))
        else { throw response.refusal(of: "the stage could not be made") }
        let byUser = Dictionary(
            answer.participantTokens.map { ($0.userId, $0.token) },
            uniquingKeysWith: { first, _ in first })
        let hostTokens = hosts.indices.compactMap { byUser["host-\($0 + 1)"] }
        guard hostTokens.count == hosts.count, let camera = byUser["camera"],
            let viewer = byUser["viewer"]
        else { throw StartRefusal(.general, "the server did not make all the tokens") }
        return DemoStage(
            arn: answer.stage.arn, hostTokens: hostTokens, cameraToken: camera,
            viewerToken: viewer)
    }

    /// One that is gone already is no error.
    func deleteStage(_ arn: String) async {
        _ = try? await call("DeleteStage", DeleteStageRequest(arn: arn))
    }

    func call(
        _ operation: String, _ input: some Encodable & Sendable
    ) async throws(StartRefusal) -> HTTPAnswer {
        guard let body = try? JSONEncoder().encode(input) else {
            throw StartRefusal(.general, "the request for \(operation) cannot be written")
        }
        let url = endpoint.appendingPathComponent(operation)
        var request = URLRequest(url: url)
        request.httpMethod = "POST"
        request.httpBody = body
        let port = url.port.map { ":\($0)" } ?? ""
        let headers = signer.sign(
            method: "POST", path: url.path,
            headers: [("Host", (url.host ?? "") + port), ("Content-Type", "application/json")],
            body: Array(body), at: civilTime())
        // URLSession writes Host itself, from the same URL.
        for header in headers where header.name != "Host" {
            request.setValue(header.value, forHTTPHeaderField: header.name)
        }
        return try await http.send(request)
    }
}

/// Where a token says that its bearer publishes: the `whip_url` of its payload.
enum DemoToken {
    private struct Payload: Decodable {
        var whipURL: String

        enum CodingKeys: String, CodingKey { case whipURL = "whip_url" }
    }

    static func whipURL(of token: String) throws(StartRefusal) -> URL {
        let parts = token.split(separator: ".")
        guard parts.count == 3, let data = Data(base64URL: parts[1]),
            let payload = try? JSONDecoder().decode(Payload.self, from: data),
            let url = URL(string: payload.whipURL)
        else { throw StartRefusal(.general, "a token of the server has no whip_url") }
        return url
    }
}

extension Data {
    /// Reads base64url without padding (RFC 4648 §5).
    fileprivate init?(base64URL text: Substring) {
        let plain = text.replacingOccurrences(of: "-", with: "+")
            .replacingOccurrences(of: "_", with: "/")
        self.init(base64Encoded: plain + String(repeating: "=", count: (4 - plain.count % 4) % 4))
    }
}
