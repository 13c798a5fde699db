import NIOCore
import NIOHTTP1
package import StageAPI

/// Whoever has the notifications that `GET /notifications` streams.
package protocol NotificationSource: Sendable {
    /// - Parameter isPrivate: whether nobody on the way can read the request.
    func open(_ request: APIRequest, isPrivate: Bool) async -> NotificationFeed.Answer
}

extension NotificationFeed: NotificationSource {}

extension Router {
    func notifications(_ request: RequestHead, isLocal: Bool) async -> Reply {
        guard let notifications else { return .response(.refusal(.notFound)) }
        guard request.method == .GET else { return .response(.methodNotAllowed(.GET)) }
        let answer = await notifications.open(
            APIRequest(
                method: "GET", path: request.path, query: request.query,
                headers: request.headers.map { (name: $0.name, value: $0.value) }, body: []),
            isPrivate: configuration.tls != nil || isLocal)
        switch answer {
        case .stream(let reader): return .notifications(reader)
        case .refused(let response): return .response(Response(response))
        }
    }
}

extension NotificationReader {
    /// The header of the stream: its end is the end of the connection, and no proxy may keep it.
    static var head: HTTPResponseHead {
        HTTPResponseHead(
            version: .http1_1, status: .ok,
            headers: [
                "Content-Type": "text/event-stream", "Cache-Control": "no-store",
                "X-Accel-Buffering": "no", "Connection": "close",
            ])
    }

    /// Writes until the client has gone or the stream has ended from this side.
    func stream(
        _ input: inout Connection.Input, _ output: Connection.Output
    ) async throws {
        try await withThrowingTaskGroup { tasks in
            tasks.addTask {
                try await run { try await output.write(.part(ByteBuffer(string: $0))) }
                try await output.write(.ending)
            }
            defer { tasks.cancelAll() }
            while try await input.next(isolation: #isolation) != nil {}
        }
    }
}

extension Channel {
    /// Whether the other side is on this machine.
    var isLocal: Bool {
        guard let remoteAddress else { return false }
        // A socket in the file system has no IP address.
        guard let address = remoteAddress.ipAddress else { return true }
        return address == "::1" || address.hasPrefix("127.") || address.hasPrefix("::ffff:127.")
    }
}
