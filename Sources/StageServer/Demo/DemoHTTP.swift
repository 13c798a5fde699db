import Foundation
import FoundationNetworking

/// Short requests over HTTP, for the program's own clients.
protocol HTTPSending: Sendable {
    /// - Throws: ``StartRefusal`` when there is no response.
    func send(_ request: URLRequest) async throws(StartRefusal) -> HTTPAnswer
}

/// What came back.
struct HTTPAnswer: Sendable {
    var status: Int
    var body: [UInt8]
    var headers: [String: String]

    func header(_ name: String) -> String? {
        headers.first { $0.key.lowercased() == name.lowercased() }?.value
    }

    /// The refusal with what the server said about it.
    func refusal(of what: String) -> StartRefusal {
        let said = String(decoding: body.prefix(300), as: UTF8.self)
        return StartRefusal(.general, "\(what): HTTP \(status) \(said)")
    }
}

/// HTTP as the demo needs it: a few requests to a server that is near.
struct DemoHTTP: HTTPSending {
    private let session: URLSession

    init() {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = 5
        session = URLSession(configuration: configuration)
    }

    func send(_ request: URLRequest) async throws(StartRefusal) -> HTTPAnswer {
        do {
            let (data, response) = try await session.data(for: request)
            guard let response = response as? HTTPURLResponse else {
                throw StartRefusal(.general, "the server did not answer with HTTP")
            }
            let headers = response.allHeaderFields.compactMap { name, value in
                (name as? String).map { ($0, "\(value)") }
            }
            return HTTPAnswer(
                status: response.statusCode, body: Array(data),
                headers: Dictionary(headers, uniquingKeysWith: { first, _ in first }))
        } catch let refusal as StartRefusal {
            throw refusal
        } catch {
            let place = request.url?.absoluteString ?? "the server"
            throw StartRefusal(.unavailable, "\(place) does not answer: \(reason(of: error))")
        }
    }
}

extension HTTPSending {
    /// Whether a server answers at `endpoint`.
    func isHealthy(_ endpoint: URL) async -> Bool {
        var request = URLRequest(url: endpoint.appendingPathComponent("healthz"))
        request.timeoutInterval = 2
        return (try? await send(request))?.status == 200
    }
}
