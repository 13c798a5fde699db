import NIOCore
import NIOExtras
import NIOHTTP1
import NIOWebSocket
import StageAPI

/// The HTTP half of a connection's life, between the HTTP codec and the task that answers: watches
/// the time, answers what is no HTTP, and on ``ConnectionOutput/upgrade(_:)`` changes the pipeline
/// to the WebSocket half.
///
/// NIO's own upgrade handler is not used: it decides about the first request only, and drops the
/// head of a request whose upgrade is refused, so that nobody can say why.
final class HTTPStage: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = ConnectionInput
    typealias OutboundIn = ConnectionOutput
    typealias OutboundOut = HTTPServerResponsePart

    private let limits: GatewayLimits
    /// The handlers that go when the connection is upgraded, and the decoder as the last of them,
    /// which hands on what it has not read.
    private let codec: [any RemovableChannelHandler]
    private let decoder: any RemovableChannelHandler
    private let deadline = Deadline()
    /// Requests whose response has not been written.
    private var unanswered = 0
    /// The header of a request has arrived, and its end has not.
    private var isReading = false
    private var endsAfterResponse = false
    /// A response is sent in parts.
    private var isStreaming = false
    private var isOver = false

    init(
        limits: GatewayLimits, codec: [any RemovableChannelHandler],
        decoder: any RemovableChannelHandler
    ) {
        self.limits = limits
        self.codec = codec
        self.decoder = decoder
    }

    func handlerAdded(context: ChannelHandlerContext) {
        setDeadline(limits.headerTime, context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline.cancel()
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // What follows on a request for a stream is never answered.
        guard !isOver, !isStreaming else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            unanswered += 1
            isReading = true
            setDeadline(limits.bodyTime, context)
            context.fireChannelRead(wrapInboundOut(.head(head)))
        case .body(let bytes):
            context.fireChannelRead(wrapInboundOut(.body(bytes)))
        case .end:
            isReading = false
            setDeadline(unanswered > 0 ? limits.responseTime : limits.headerTime, context)
            context.fireChannelRead(wrapInboundOut(.end))
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isOver else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .goOn:
            let head = HTTPResponseHead(version: .http1_1, status: .continue)
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .response(var head, let body):
            unanswered -= 1
            if endsAfterResponse { head.headers.replaceOrAdd(name: "Connection", value: "close") }
            write(head, body, context, promise)
            setDeadline(isReading ? limits.bodyTime : limits.headerTime, context)
            if endsAfterResponse { end(context) }
        case .beginning(let head):
            unanswered -= 1
            isStreaming = true
            context.writeAndFlush(wrapOutboundOut(.head(head)), promise: promise)
            setDeadline(limits.responseTime, context)
        case .part(let bytes):
            context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: promise)
            setDeadline(limits.responseTime, context)
        case .ending:
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: promise)
            end(context)
        case .upgrade(let headers):
            upgrade(headers, context, promise)
        case .frame:
            promise?.fail(ChannelError.inappropriateOperationForState)
        }
    }

    private func write(
        _ head: HTTPResponseHead, _ body: ByteBuffer, _ context: ChannelHandlerContext,
        _ promise: EventLoopPromise<Void>?
    ) {
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if body.readableBytes > 0 {
            context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: promise)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent {
            endsAfterResponse = true
            if isStreaming, !isOver {
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
                end(context)
            } else if unanswered == 0 {
                context.close(promise: nil)
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError, !isOver, !isStreaming else {
            context.close(promise: nil)
            return
        }
        guard unanswered <= (isReading ? 1 : 0) else {
            // A response is on its way that this one would overtake.
            endsAfterResponse = true
            return
        }
        let status: HTTPResponseStatus =
            error == .headerOverflow ? .requestHeaderFieldsTooLarge : .badRequest
        let head = HTTPResponseHead(
            version: .http1_1, status: status,
            headers: ["Content-Length": "0", "Connection": "close"])
        write(head, ByteBuffer(), context, nil)
        end(context)
    }

    /// Nothing more is read or written; the client has a moment to read what was.
    private func end(_ context: ChannelHandlerContext) {
        isOver = true
        context.close(mode: .output, promise: nil)
        setDeadline(limits.lingerTime, context)
    }

    private func setDeadline(_ time: Duration, _ context: ChannelHandlerContext) {
        deadline.set(time, on: context.eventLoop) { context.close(promise: nil) }
    }

    private func upgrade(
        _ headers: HTTPHeaders, _ context: ChannelHandlerContext,
        _ promise: EventLoopPromise<Void>?
    ) {
        let head = HTTPResponseHead(
            version: .http1_1, status: .switchingProtocols, headers: headers)
        context.writeAndFlush(wrapOutboundOut(.head(head)), promise: promise)
        do {
            let pipeline = context.pipeline.syncOperations
            try pipeline.addHandlers(
                [
                    WebSocketFrameEncoder(),
                    ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: limits.messageBytes)),
                    WebSocketStage(limits: limits, isStopping: endsAfterResponse),
                ], position: .after(self))
            for handler in codec { pipeline.removeHandler(handler, promise: nil) }
            pipeline.removeHandler(self, promise: nil)
            // Last: the frames that came with the request go to the decoder of frames, and who
            // collects messages waits to hear that this was all.
            let removed = context.eventLoop.makePromise(of: Void.self)
            let channel = context.channel
            removed.futureResult.whenSuccess { channel.pipeline.fireChannelReadComplete() }
            pipeline.removeHandler(decoder, promise: removed)
        } catch {
            context.close(promise: nil)
        }
    }
}
