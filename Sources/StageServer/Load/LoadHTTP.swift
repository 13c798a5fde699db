import AsyncHTTPClient
import Foundation
import FoundationNetworking
import NIOCore
import NIOHTTP1
import NIOPosix

/// HTTP for thousands of joins: connections that are kept, and at most so many at a time.
final class LoadHTTP: HTTPSending {
    private static let timeout = TimeAmount.seconds(10)
    private static let answerBytes = 256 * 1024

    private let client: HTTPClient

    /// ``shutdown()`` must be called at the end.
    init(connections: Int) {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout.connect = .seconds(3)
        configuration.decompression = .disabled
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connections
        // A server that refuses connections is not there; it should be said at once.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(
            eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton),
            configuration: configuration)
    }

    func shutdown() async { try? await client.shutdown() }

    func send(_ request: URLRequest) async throws(StartRefusal) -> HTTPAnswer {
        let place = request.url?.absoluteString ?? ""
        var message = HTTPClientRequest(url: place)
        message.method = HTTPMethod(rawValue: request.httpMethod ?? "GET")
        for (name, value) in request.allHTTPHeaderFields ?? [:] {
            message.headers.add(name: name, value: value)
        }
        if let body = request.httpBody { message.body = .bytes(ByteBuffer(bytes: body)) }
        do {
            let response = try await client.execute(message, timeout: Self.timeout)
            let body = try await response.body.collect(upTo: Self.answerBytes)
            return HTTPAnswer(
                status: Int(response.status.code), body: Array(body.readableBytesView),
                headers: Dictionary(
                    response.headers.map { ($0.name, $0.value) },
                    uniquingKeysWith: { first, _ in first }))
        } catch {
            throw StartRefusal(.unavailable, "\(place) does not answer: \(Self.words(for: error))")
        }
    }

    private static func words(for error: any Error) -> String {
        switch error {
        case let error as HTTPClientError
        where error == .deadlineExceeded || error == .readTimeout:
            "nothing within \(timeout.nanoseconds / 1_000_000_000) s"
        case let error as HTTPClientError where error == .connectTimeout:
            "no connection within 3 s"
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { "\($0.error)" } ?? "no connection"
        case is CancellationError: "cancelled"
        default: "\(error)"
        }
    }
}
