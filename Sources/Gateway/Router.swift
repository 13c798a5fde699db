import Logging
import NIOCore
import NIOHTTP1
import Primitives
import Signalling
import StageAPI
import Storage

/// Answers one request: finds who is meant, and puts their answer into HTTP's words.
struct Router: Sendable {
    enum Reply {
        case response(Response)
        /// An accepted events socket, and the token to be echoed.
        case events(EventsConnection, token: String?)
        case notifications(NotificationReader)
    }

    /// Reads a body of at most so many bytes; `nil` when it has more.
    typealias BodyReader = (Int) async throws -> ByteBuffer?

    let configuration: GatewayConfiguration
    let api: any APIResponder
    let live: any LiveService
    let notifications: (any NotificationSource)?
    let metrics: @Sendable () async -> String
    let samples: StaticFiles?
    let logger: Logger

    /// - Parameter isLocal: whether the client is on this machine.
    func reply(
        to request: RequestHead, isLocal: Bool, body: BodyReader
    ) async throws -> Reply {
        let start = ContinuousClock.now
        let reply = try await dispatch(request, isLocal, body)
        // Neither query nor headers: they may hold secrets.
        logger.debug(
            "\(request.method) \(request.path.prefix(200))",
            metadata: [
                "status": "\(reply.status)", "duration": "\(ContinuousClock.now - start)",
            ])
        return reply
    }

    private func dispatch(
        _ request: RequestHead, _ isLocal: Bool, _ body: BodyReader
    ) async throws -> Reply {
        switch Route(path: request.path) {
        case .notifications: return await notifications(request, isLocal: isLocal)
        case .events(let stage): return await events(of: stage, request)
        case .operation: return .response(try await operation(request, body))
        case .publish(let participant):
            let answer = try await offer(request, body) { media throws(SignallingError) in
                try await live.publish(media(participant))
            }
            return .response(answer)
        case .subscribe(let participant):
            let answer = try await offer(request, body) { media throws(SignallingError) in
                try await live.subscribe(media(participant))
            }
            return .response(answer)
        case .session(let resource):
            return .response(crossOrigin(try await session(resource, request, body), request))
        case let route: return .response(await document(route, request))
        }
    }

    /// What anybody may read.
    private func document(_ route: Route, _ request: RequestHead) async -> Response {
        guard request.method == .GET || request.method == .HEAD else {
            return route == .unknown ? .refusal(.notFound) : .methodNotAllowed(.GET, .HEAD)
        }
        switch route {
        case .health: return .json(.members(("status", .string("ok"))))
        case .openAPI: return .openAPI
        case .metrics: return .text(await metrics(), type: "text/plain; version=0.0.4")
        case .sample(let path):
            return await samples?.response(for: path) ?? .refusal(.notFound)
        case .redirect(let path): return .redirect(to: configuration.pathPrefix + path)
        default: return .refusal(.notFound)
        }
    }

    private func operation(_ request: RequestHead, _ body: BodyReader) async throws -> Response {
        let isTags = request.path.hasPrefix("/tags/")
        guard request.method == .POST || (isTags && [.GET, .DELETE].contains(request.method)) else {
            return isTags ? .methodNotAllowed(.GET, .POST, .DELETE) : .methodNotAllowed(.POST)
        }
        guard let bytes = try await body(configuration.limits.operationBytes) else {
            var response = Response.refusal(
                .bodyTooLarge(limit: configuration.limits.operationBytes))
            // Where the clients of the API look for the name of an error.
            response.headers.add(
                name: "x-amzn-ErrorType", value: "RequestEntityTooLargeException")
            return response
        }
        let response = await api.respond(
            to: APIRequest(
                method: request.method.rawValue, path: request.path, query: request.query,
                headers: request.headers.map { (name: $0.name, value: $0.value) },
                body: Array(bytes.readableBytesView)))
        return Response(response)
    }

    private func events(of stage: StageID, _ request: RequestHead) async -> Reply {
        guard request.method == .GET else { return .response(.methodNotAllowed(.GET)) }
        guard WebSocketUpgrade.isWanted(by: request) else {
            var response = Response.refusal(.upgradeRequired)
            response.headers.add(name: "Upgrade", value: "websocket")
            response.headers.add(name: "Sec-WebSocket-Version", value: "13")
            return .response(response)
        }
        let token = WebSocketUpgrade.token(of: request)
        do throws(SignallingError) {
            let connection = try await live.connectEvents(
                topic: stage, token: token, client: request.client)
            return .events(connection, token: token)
        } catch {
            return .response(.refusal(error))
        }
    }
}

extension Router.Reply {
    fileprivate var status: UInt {
        switch self {
        case .response(let response): response.status.code
        case .events: 101
        case .notifications: 200
        }
    }
}

extension RequestHead {
    var client: ClientFacts {
        headers.first(name: "User-Agent").map { ClientFacts(userAgent: $0) } ?? ClientFacts()
    }
}
