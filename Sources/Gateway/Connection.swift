import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOWebSocket
import StageAPI

/// One accepted connection: how its pipeline is built, and the task that answers on it.
struct Connection: ServerChildChannel {
    typealias Value = NIOAsyncChannel<ConnectionInput, ConnectionOutput>
    typealias Input = NIOAsyncChannelInboundStream<ConnectionInput>.AsyncIterator
    typealias Output = NIOAsyncChannelOutboundWriter<ConnectionOutput>

    let router: Router
    let limits: GatewayLimits

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            var bounds = NIOHTTPDecoderLimitConfiguration()
            bounds.maxHeaderFieldSize = limits.headerFieldBytes
            bounds.maxHeaderListSize = limits.headerBytes
            bounds.maxHeaderFieldCount = limits.headerFields
            let encoder = HTTPResponseEncoder()
            let decoder = ByteToMessageHandler(
                HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: bounds)
            )
            let validator = NIOHTTPResponseHeadersValidator()
            let stage = HTTPStage(limits: limits, codec: [encoder, validator], decoder: decoder)
            try channel.pipeline.syncOperations.addHandlers([encoder, decoder, validator, stage])
            return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
        }
    }

    func handle(value connection: Value, logger: Logger) async {
        do {
            try await withTaskCancellationHandler {
                let executor = EventLoopExecutor(connection.channel.eventLoop)
                try await withTaskExecutorPreference(executor) {
                    try await connection.executeThenClose { inbound, outbound in
                        try await answer(inbound, outbound, on: connection.channel)
                    }
                }
            } onCancel: {
                connection.channel.close(promise: nil)
            }
        } catch {
            logger.trace("a connection broke", metadata: ["error": "\(error)"])
        }
    }

    private func answer(
        _ inbound: NIOAsyncChannelInboundStream<ConnectionInput>, _ output: Output,
        on channel: any Channel
    ) async throws {
        var input = inbound.makeAsyncIterator()
        while case .head(let head)? = try await input.next(isolation: #isolation) {
            let request = RequestHead(head)
            var body = RequestBody(head, limits: limits)
            let reply = try await router.reply(to: request, isLocal: channel.isLocal) { limit in
                try await body.collect(upTo: limit, from: &input, announcing: output)
            }
            switch reply {
            case .response(let response):
                // After a request to upgrade the decoder stops, so nothing can follow.
                let isLast =
                    !head.isKeepAlive || head.headers.contains(name: "Upgrade")
                    || !body.canBeDiscarded
                try await output.write(response.message(to: head, isLast: isLast))
                try await body.discard(from: &input)
                if isLast { return }
            case .notifications(let reader):
                try await output.write(.beginning(NotificationReader.head))
                try await reader.stream(&input, output)
                return
            case .events(let events, let token):
                do {
                    let headers = try await WebSocketUpgrade.headers(
                        for: head, subprotocol: token, on: channel)
                    try await output.write(.upgrade(headers))
                    try await body.discard(from: &input)
                    try await events.converse(&input, output)
                } catch {
                    await events.closed()
                    throw error
                }
                await events.closed()
                return
            }
        }
    }
}
