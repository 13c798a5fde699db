import NIOCore
import NIOExtras
import NIOWebSocket
import Signalling
import StageAPI

/// The WebSocket half of a connection's life (RFC 6455): messages in, frames out, pings, and a close
/// handshake that ends whatever the client does.
final class WebSocketStage: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias InboundOut = ConnectionInput
    typealias OutboundIn = ConnectionOutput
    typealias OutboundOut = WebSocketFrame

    private let limits: GatewayLimits
    private var assembler: MessageAssembler
    private var isStopping: Bool
    /// A close frame was sent: nothing follows it.
    private var isClosing = false
    /// Pings since the client was last heard.
    private var unheard = 0
    /// Pings since the client last took all that was written.
    private var congested = 0
    private var heartbeat: Scheduled<Void>?
    private let deadline = Deadline()

    /// - Parameter isStopping: the server is being stopped already.
    init(limits: GatewayLimits, isStopping: Bool) {
        self.limits = limits
        self.assembler = MessageAssembler(limit: limits.messageBytes)
        self.isStopping = isStopping
    }

    func handlerAdded(context: ChannelHandlerContext) {
        scheduleHeartbeat(context)
        if isStopping { drain(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        heartbeat?.cancel()
        deadline.cancel()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        unheard = 0
        guard frame.maskKey != nil, !frame.rsv1, !frame.rsv2, !frame.rsv3 else {
            close(.protocolError, context)
            return
        }
        switch frame.opcode {
        case .ping:
            // Somebody who reads nothing gets no pong: they would pile up.
            guard !isClosing, context.channel.isWritable else { return }
            let pong = WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData)
            context.writeAndFlush(wrapOutboundOut(pong), promise: nil)
        case .pong: break
        case .connectionClose: answerClose(frame.unmaskedData, context)
        case .text, .binary, .continuation: take(frame, context)
        default: close(.protocolError, context)
        }
    }

    private func take(_ frame: WebSocketFrame, _ context: ChannelHandlerContext) {
        guard !isClosing else { return }
        let bytes = frame.unmaskedData.readableBytesView
        switch assembler.add(frame.opcode, isFinal: frame.fin, bytes) {
        case .incomplete: break
        case .message(let text): context.fireChannelRead(wrapInboundOut(.message(text)))
        case .violation(let code): close(code, context)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isClosing, case .frame(let frame) = unwrapOutboundIn(data) else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch frame {
        case .text(let text):
            let frame = WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(string: text))
            context.write(wrapOutboundOut(frame), promise: promise)
        case .close(let code, let reason):
            close(WebSocketErrorCode(codeNumber: Int(code)), reason: reason, context)
            promise?.succeed()
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent, !isStopping {
            isStopping = true
            drain(context)
        }
        if case ChannelEvent.inputClosed? = event as? ChannelEvent {
            // No close frame will come any more.
            context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case let error as NIOWebSocketError:
            close(WebSocketErrorCode(error), context)
            // The decoder is lost, and the client's answer with it. The client still has a moment
            // to read why.
            context.close(mode: .output, promise: nil)
            setDeadline(limits.lingerTime, context) { context.close(promise: nil) }
        case is ByteToMessageDecoderError where isClosing:
            // What follows on what the decoder could not read.
            break
        default:
            context.close(promise: nil)
        }
    }
}

extension WebSocketErrorCode {
    fileprivate init(_ error: NIOWebSocketError) {
        self = error == .invalidFrameLength ? .messageTooLarge : .protocolError
    }
}

// Ending.
extension WebSocketStage {
    /// What is under way is let through for a while, and then the socket is closed.
    private func drain(_ context: ChannelHandlerContext) {
        setDeadline(limits.drainTime, context) { self.close(.goingAway, context) }
    }

    /// Sends a close frame, and ends the connection when the client has answered or time is up.
    private func close(
        _ code: WebSocketErrorCode, reason: String = "", _ context: ChannelHandlerContext
    ) {
        guard !isClosing else { return }
        isClosing = true
        var data = ByteBuffer()
        data.write(webSocketErrorCode: code)
        // A control frame has at most 125 bytes.
        data.writeString(Self.clipped(reason))
        let frame = WebSocketFrame(fin: true, opcode: .connectionClose, data: data)
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
        setDeadline(limits.closeTime, context) { context.close(promise: nil) }
    }

    private static func clipped(_ reason: String) -> String {
        var reason = String(reason.prefix(123))
        while reason.utf8.count > 123 { reason.removeLast() }
        return reason
    }

    private func answerClose(_ body: ByteBuffer, _ context: ChannelHandlerContext) {
        guard !isClosing else {
            context.close(promise: nil)
            return
        }
        isClosing = true
        var data = ByteBuffer()
        if let code = CloseReason.answer(to: body.readableBytesView) {
            data.write(webSocketErrorCode: code)
        }
        let answer = WebSocketFrame(fin: true, opcode: .connectionClose, data: data)
        let closed = context.eventLoop.makePromise(of: Void.self)
        closed.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(answer), promise: closed)
        setDeadline(limits.closeTime, context) { context.close(promise: nil) }
    }

    private func setDeadline(
        _ time: Duration, _ context: ChannelHandlerContext, _ action: @escaping () -> Void
    ) {
        deadline.set(time, on: context.eventLoop, action)
    }

    private func scheduleHeartbeat(_ context: ChannelHandlerContext) {
        heartbeat = context.eventLoop.assumeIsolated().scheduleTask(
            in: TimeAmount(limits.pingInterval)
        ) {
            self.beat(context)
        }
    }

    private func beat(_ context: ChannelHandlerContext) {
        congested = context.channel.isWritable ? 0 : congested + 1
        guard unheard < 2, congested < 2 else {
            context.close(promise: nil)
            return
        }
        unheard += 1
        if !isClosing, context.channel.isWritable {
            let ping = WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer())
            context.writeAndFlush(wrapOutboundOut(ping), promise: nil)
        }
        scheduleHeartbeat(context)
    }
}
