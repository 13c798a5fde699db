import Foundation
import LoadGenerator
import Synchronization

/// A server of ours: a stage is made through its API, and a token for each client.
final class StageTarget: LoadTarget {
    private let api: DemoAPI
    private let stage = Mutex<String?>(nil)
    /// Of viewers that have not joined; minted beforehand, so that a join is only a join.
    private let tokens = Mutex<[Int: String]>([:])

    /// Requests for tokens at a time.
    private static let mints = 16

    init(api: DemoAPI) { self.api = api }

    func open(viewers: Int) async throws(StartRefusal) {
        guard await api.http.isHealthy(api.endpoint) else {
            throw StartRefusal(
                .unavailable,
                "no server answers at \(api.endpoint.absoluteString): start one with "
                    + "'rostrum serve --dev', or name another with --endpoint")
        }
        let arn = try await api.createStage(named: "load")
        stage.withLock { $0 = arn }
        try await mint(viewers, stage: arn)
    }

    private func mint(_ count: Int, stage arn: String) async throws(StartRefusal) {
        do {
            try await withThrowingTaskGroup { tasks in
                for task in 0..<min(count, Self.mints) {
                    tasks.addTask {
                        for number in stride(from: task, to: count, by: Self.mints) {
                            let token = try await self.viewerToken(number, stage: arn)
                            self.tokens.withLock { $0[number] = token }
                        }
                    }
                }
                try await tasks.waitForAll()
            }
        } catch let refusal as StartRefusal {
            throw refusal
        } catch {
            throw StartRefusal(.general, "the run was stopped")
        }
    }

    private func viewerToken(_ number: Int, stage arn: String) async throws(StartRefusal) -> String
    {
        try await api.createToken(
            stage: arn, user: "viewer-\(number + 1)", capability: "SUBSCRIBE")
    }

    func close() async {
        if let arn = stage.withLock({ $0 }) { await api.deleteStage(arn) }
    }

    func join(
        _ draft: ClientDraft, id: ClientID, number: Int
    ) async throws(StartRefusal) -> JoinedClient {
        guard let arn = stage.withLock({ $0 }) else {
            throw StartRefusal(.general, "there is no stage")
        }
        switch draft.role {
        case .publisher:
            let token = try await api.createToken(
                stage: arn, user: "publisher-\(number + 1)", capability: "PUBLISH")
            let url = try DemoToken.whipURL(of: token)
            return try await WHIPClient(url: url, token: token, http: api.http)
                .join(draft, id: id)
        case .viewer:
            guard let token = tokens.withLock({ $0.removeValue(forKey: number) }) else {
                throw StartRefusal(.general, "there is no token for viewer \(number + 1)")
            }
            let url = try DemoToken.whipURL(of: token).appendingPathComponent("subscribe")
            return try await WHIPClient(url: url, token: token, http: api.http)
                .join(draft, id: id)
        }
    }
}

// The two operations that a load needs.
extension DemoAPI {
    private struct StageRequest: Encodable { var name: String }
    private struct StageResponse: Decodable {
        struct Stage: Decodable { var arn: String }
        var stage: Stage
    }

    private struct TokenRequest: Encodable {
        var stageArn: String
        var userId: String
        var capabilities: [String]
    }
    private struct TokenResponse: Decodable {
        struct Token: Decodable { var token: String }
        var participantToken: Token
    }

    /// How often a request that came too soon is made again, and how long is waited before.
    private static let attempts = 100
    private static let pause = Duration.milliseconds(250)

    /// - Returns: the stage's ARN.
    func createStage(named name: String) async throws(StartRefusal) -> String {
        let answer = try await call("CreateStage", StageRequest(name: name))
        guard answer.status == 200,
            let response = try? JSONDecoder().decode(
                StageResponse.self, from: Data(answer.body))
        else { throw answer.refusal(of: "the stage could not be made") }
        return response.stage.arn
    }

    /// Waits its turn where the API's rate is limited.
    func createToken(
        stage: String, user: String, capability: String
    ) async throws(StartRefusal) -> String {
        let request = TokenRequest(stageArn: stage, userId: user, capabilities: [capability])
        for _ in 0..<Self.attempts {
            let answer = try await call("CreateParticipantToken", request)
            if answer.status == 429 {
                try? await Task.sleep(for: Self.pause)
                continue
            }
            guard answer.status == 200,
                let response = try? JSONDecoder().decode(
                    TokenResponse.self, from: Data(answer.body))
            else { throw answer.refusal(of: "a token could not be made") }
            return response.participantToken.token
        }
        throw StartRefusal(.unavailable, "the API's rate is too low: serve with '--api-rate off'")
    }
}
