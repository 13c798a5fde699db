import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import Webhooks

/// Posts messages over HTTP and HTTPS. Redirects are not followed: a signed message goes where it was
/// addressed to, or nowhere.
package final class HTTPWebhookPoster: WebhookPosting {
    /// From the beginning of an attempt to the header of its answer.
    package static let timeout: Duration = .seconds(10)
    /// Bytes of an answer's body that are read, so that its connection can be used again; what the
    /// body says does not matter.
    private static let answerBytes = 16 * 1024
    /// How long that may take.
    private static let answerTime: Duration = .seconds(1)

    private let client: HTTPClient
    private let timeout: Duration

    /// ``shutdown()`` must be called at the end.
    package init(timeout: Duration = HTTPWebhookPoster.timeout) {
        self.timeout = timeout
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout.connect = TimeAmount(timeout / 2)
        configuration.decompression = .disabled
        configuration.connectionPool.idleTimeout = .seconds(30)
        client = HTTPClient(
            eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton),
            configuration: configuration)
    }

    package func shutdown() async { try? await client.shutdown() }

    package func post(_ request: WebhookRequest) async -> WebhookResult {
        var message = HTTPClientRequest(url: request.address)
        message.method = .POST
        for header in request.headers {
            message.headers.add(name: header.name, value: header.value)
        }
        message.body = .bytes(ByteBuffer(string: request.body))
        do {
            let response = try await client.execute(message, timeout: TimeAmount(timeout))
            await drain(response)
            return Self.result(of: response)
        } catch {
            return WebhookResult(.failed(), error: words(for: error))
        }
    }

    private func drain(_ response: HTTPClientResponse) async {
        await withTaskGroup { tasks in
            tasks.addTask { _ = try? await response.body.collect(upTo: Self.answerBytes) }
            tasks.addTask { try? await Task.sleep(for: Self.answerTime) }
            await tasks.next()
            tasks.cancelAll()
        }
    }

    private static func result(of response: HTTPClientResponse) -> WebhookResult {
        let status = response.status
        let error = "it answered \(status.code) \(status.reasonPhrase)"
        switch status.code {
        case 200..<300: return WebhookResult(.accepted)
        case 410: return WebhookResult(.gone, error: error)
        case 429, 503:
            let seconds = response.headers.first(name: "retry-after").flatMap { Int64($0) }
            let delay = seconds.map { Duration.seconds(min(max($0, 0), 86_400)) }
            return WebhookResult(.failed(retryAfter: delay), error: error)
        default: return WebhookResult(.failed(), error: error)
        }
    }

    private func words(for error: any Error) -> String {
        switch error {
        case let error as HTTPClientError
        where error == .deadlineExceeded || error == .readTimeout:
            "no answer within \(timeout)"
        case let error as HTTPClientError where error == .connectTimeout:
            "no connection within \(timeout / 2)"
        case let error as NIOConnectionError:
            "no connection: \(error.connectionErrors.first.map { "\($0.error)" } ?? "\(error)")"
        default: "\(error)"
        }
    }
}
