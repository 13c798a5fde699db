import NIOCore
import NIOHTTP1
import NIOWebSocket
import StageAPI

/// The opening handshake (RFC 6455 §4.2).
enum WebSocketUpgrade {
    static func isWanted(by request: RequestHead) -> Bool {
        func has(_ name: String, _ value: String) -> Bool {
            request.headers[canonicalForm: name].contains { $0.lowercased() == value }
        }
        return request.method == .GET && has("Upgrade", "websocket") && has("Connection", "upgrade")
            && request.headers["Sec-WebSocket-Version"] == ["13"]
            && request.headers["Sec-WebSocket-Key"].count == 1
            && request.headers.first(name: "Content-Length").map { $0 == "0" } != false
            && !request.headers.contains(name: "Transfer-Encoding")
    }

    /// The only subprotocol, which is the token; `nil` when there is none or more than one.
    static func token(of request: RequestHead) -> String? {
        let offered = request.headers[canonicalForm: "Sec-WebSocket-Protocol"].filter {
            !$0.isEmpty
        }
        return offered.count == 1 ? String(offered[0]) : nil
    }

    /// The header of the 101, with the subprotocol echoed.
    static func headers(
        for head: HTTPRequestHead, subprotocol: String?, on channel: any Channel
    ) async throws -> HTTPHeaders {
        // Only its arithmetic is used, and it does not look at the pipeline.
        let upgrader = NIOWebSocketServerUpgrader(
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() })
        var headers = try await upgrader.buildUpgradeResponse(
            channel: channel, upgradeRequest: head, initialResponseHeaders: [:]
        ).get()
        if let subprotocol { headers.add(name: "Sec-WebSocket-Protocol", value: subprotocol) }
        return headers
    }
}

extension EventsConnection {
    /// Carries frames one way and messages the other until the socket is gone. Each direction waits
    /// for its receiver.
    func converse(
        _ input: inout Connection.Input, _ output: Connection.Output
    ) async throws {
        try await withThrowingTaskGroup { group in
            group.addTask {
                for await frame in frames {
                    try await output.write(.frame(frame))
                    if case .close = frame { return }
                }
                // What has no last frame of its own has ended from the other side.
                try await output.write(.frame(.close(code: 1001, reason: "")))
            }
            defer { group.cancelAll() }
            while case .message(let text)? = try await input.next(isolation: #isolation) {
                await receive(text)
            }
        }
    }
}
