import Foundation
import FoundationNetworking

/// HTTP as the demo needs it: short requests to a server that is near.
struct DemoHTTP: Sendable {
    struct Response: Sendable {
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

    private let session: URLSession

    init() {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = 5
        session = URLSession(configuration: configuration)
    }

    /// - Throws: ``StartRefusal`` when there is no response.
    func send(_ request: URLRequest) async throws(StartRefusal) -> Response {
        do {
            let (data, response) = try await session.data(for: request)
            guard let response = response as? HTTPURLResponse else {
                throw StartRefusal(.general, "the server did not answer with HTTP")
            }
            let headers = response.allHeaderFields.compactMap { name, value in
                (name as? String).map { ($0, "\(value)") }
            }
            return Response(
                status: response.statusCode, body: Array(data),
                headers: Dictionary(headers, uniquingKeysWith: { first, _ in first }))
        } catch let refusal as StartRefusal {
            throw refusal
        } catch {
            let place = request.url?.absoluteString ?? "the server"
            throw StartRefusal(.unavailable, "\(place) does not answer: \(reason(of: error))")
        }
    }

    /// Whether a server answers at `endpoint`.
    func isHealthy(_ endpoint: URL) async -> Bool {
        var request = URLRequest(url: endpoint.appendingPathComponent("healthz"))
        request.timeoutInterval = 2
        return (try? await send(request))?.status == 200
    }
}
