import NIOCore
import NIOHTTP1
import NIOPosix
import Testing
import Webhooks

@testable import WebhookDelivery

/// A receiver on a real socket that gives one answer.
private final class Receiver: ChannelInboundHandler, Sendable {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    let status: HTTPResponseStatus?
    let headers: HTTPHeaders

    /// - Parameter status: `nil` to say nothing.
    init(_ status: HTTPResponseStatus?, _ headers: HTTPHeaders = [:]) {
        self.status = status
        self.headers = headers
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .end = unwrapInboundIn(data), let status else { return }
        var head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        head.headers.add(name: "Content-Length", value: "2")
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: "ok")))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func post(timeout: Duration = .seconds(5)) async throws -> WebhookResult {
        let receiver = self
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.pipeline.configureHTTPServerPipeline().flatMap {
                    channel.pipeline.addHandler(receiver)
                }
            }.bind(host: "127.0.0.1", port: 0).get()
        let poster = HTTPWebhookPoster(timeout: timeout)
        let result = await poster.post(
            WebhookRequest(
                address: "http://127.0.0.1:\(server.localAddress?.port ?? 0)/hook", headers: [],
                body: "{}"))
        await poster.shutdown()
        try await server.close()
        return result
    }
}

@Suite(.timeLimit(.minutes(1))) struct HTTPWebhookPosterTests {
    @Test(arguments: [
        (HTTPResponseStatus.ok, DeliveryOutcome.accepted), (.noContent, .accepted),
        (.accepted, .accepted), (.gone, .gone), (.internalServerError, .failed()),
        (.notFound, .failed()), (.movedPermanently, .failed()), (.temporaryRedirect, .failed()),
    ])
    func statuses(status: HTTPResponseStatus, outcome: DeliveryOutcome) async throws {
        let headers: HTTPHeaders = ["Location": "http://127.0.0.1:1/elsewhere"]
        let result = try await Receiver(status, headers).post()
        #expect(result.outcome == outcome)
        #expect((result.error == nil) == (outcome == .accepted))
    }

    @Test func aReceiverMayAskForTime() async throws {
        let result = try await Receiver(.tooManyRequests, ["Retry-After": "30"]).post()
        #expect(result.outcome == .failed(retryAfter: .seconds(30)))
        let date = ["Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"] as HTTPHeaders
        #expect(try await Receiver(.serviceUnavailable, date).post().outcome == .failed())
    }

    @Test func aStallEnds() async throws {
        let began = ContinuousClock.now
        let result = try await Receiver(nil).post(timeout: .seconds(1))
        #expect(result.outcome == .failed())
        #expect(result.error?.contains("no answer within") == true)
        #expect(ContinuousClock.now - began < .seconds(10))
    }

    @Test func aClosedPortIsAFailure() async throws {
        let poster = HTTPWebhookPoster(timeout: .seconds(2))
        let result = await poster.post(
            WebhookRequest(address: "http://127.0.0.1:1/", headers: [], body: "{}"))
        await poster.shutdown()
        #expect(result.outcome == .failed())
        #expect(result.error != nil)
    }
}
