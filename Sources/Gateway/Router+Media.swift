import NIOCore
import NIOHTTP1
import Primitives
import StageAPI

// WHIP (RFC 9725), and its subscribing sibling.
extension Router {
    private static let offerType = "application/sdp"
    private static let fragmentType = "application/trickle-ice-sdpfrag"

    /// A request to an endpoint.
    /// - Parameter create: what a usable offer leads to.
    func offer(
        _ request: RequestHead, _ body: BodyReader,
        create: ((ParticipantID?) -> MediaRequest) async throws(SignallingError) -> MediaCreated
    ) async throws -> Response {
        crossOrigin(try await endpoint(request, body, create: create), request)
    }

    private func endpoint(
        _ request: RequestHead, _ body: BodyReader,
        create: ((ParticipantID?) -> MediaRequest) async throws(SignallingError) -> MediaCreated
    ) async throws -> Response {
        switch request.method {
        case .OPTIONS: return withICEServers(options(accepting: "Accept-Post", Self.offerType))
        // RFC 9725 §4.1 keeps GET for later and wants no error for it.
        case .GET, .HEAD: return .empty(.noContent)
        case .POST: break
        default: return .methodNotAllowed(.POST, .OPTIONS, .GET, .HEAD)
        }
        let limit = configuration.limits.offerBytes
        let text: String
        switch try await content(of: request, Self.offerType, upTo: limit, body) {
        case .success(let content): text = content
        case .failure(let refusal): return .refusal(refusal)
        }
        do throws(SignallingError) {
            let created = try await create {
                MediaRequest(
                    bearer: request.bearer, pathParticipant: $0, offer: text, client: request.client
                )
            }
            return withICEServers(self.created(created))
        } catch {
            return .refusal(error)
        }
    }

    private func created(_ session: MediaCreated) -> Response {
        var response = Response.text(session.sdp, type: Self.offerType, status: .created)
        response.headers.add(
            name: "Location",
            value: "\(configuration.pathPrefix)/whip/session/\(session.resource)")
        response.headers.add(name: "ETag", value: session.entityTag)
        return response
    }

    /// A request to a session.
    func session(
        _ resource: ResourceID, _ request: RequestHead, _ body: BodyReader
    ) async throws -> Response {
        switch request.method {
        case .OPTIONS: return options(accepting: "Accept-Patch", Self.fragmentType)
        case .GET, .HEAD: return .empty(.noContent)
        case .DELETE: return await end(resource, request)
        case .PATCH: return try await patch(resource, request, body)
        default: return .methodNotAllowed(.PATCH, .DELETE, .OPTIONS, .GET, .HEAD)
        }
    }

    private func end(_ resource: ResourceID, _ request: RequestHead) async -> Response {
        do throws(SignallingError) {
            try await live.end(resource, bearer: request.bearer)
            return .empty(.ok)
        } catch {
            return .refusal(error)
        }
    }

    private func patch(
        _ resource: ResourceID, _ request: RequestHead, _ body: BodyReader
    ) async throws -> Response {
        let limit = configuration.limits.fragmentBytes
        let text: String
        switch try await content(of: request, Self.fragmentType, upTo: limit, body) {
        case .success(let content): text = content
        case .failure(let refusal): return .refusal(refusal)
        }
        do throws(SignallingError) {
            let result = try await live.patch(
                resource, bearer: request.bearer, fragment: text,
                ifMatch: request.headers.first(name: "If-Match"))
            switch result {
            case .accepted: return .empty(.noContent)
            case .restarted(let fragment, let entityTag):
                var response = Response.text(fragment, type: Self.fragmentType)
                response.headers.add(name: "ETag", value: entityTag)
                return response
            }
        } catch {
            return .refusal(error)
        }
    }

    /// The body as text, when it is of that type.
    private func content(
        of request: RequestHead, _ type: String, upTo limit: Int, _ body: BodyReader
    ) async throws -> Result<String, SignallingError> {
        guard request.mediaType == type else { return .failure(.wrongContentType(expected: type)) }
        guard let bytes = try await body(limit) else {
            return .failure(.bodyTooLarge(limit: limit))
        }
        guard let text = String(validating: bytes.readableBytesView, as: UTF8.self) else {
            return .failure(.notUTF8)
        }
        return .success(text)
    }

    private func options(accepting header: String, _ type: String) -> Response {
        var response = Response.empty(.ok)
        response.headers.add(name: header, value: type)
        return response
    }

    private func withICEServers(_ response: Response) -> Response {
        var response = response
        for server in configuration.iceServers { response.headers.add(name: "Link", value: server) }
        return response
    }
}

// Pages of other origins (the CORS protocol of the Fetch standard).
extension Router {
    func crossOrigin(_ response: Response, _ request: RequestHead) -> Response {
        var response = response
        if let allowed = configuration.corsOrigins {
            response.headers.add(name: "Vary", value: "Origin")
            guard let origin = request.headers.first(name: "Origin"), allowed.contains(origin)
            else {
                return response
            }
            response.headers.add(name: "Access-Control-Allow-Origin", value: origin)
        } else {
            response.headers.add(name: "Access-Control-Allow-Origin", value: "*")
        }
        response.headers.add(
            name: "Access-Control-Expose-Headers",
            value: "Location, Link, ETag, Accept-Post, Accept-Patch, Retry-After")
        if request.method == .OPTIONS {
            response.headers.add(
                name: "Access-Control-Allow-Methods", value: "GET, POST, PATCH, DELETE, OPTIONS")
            response.headers.add(
                name: "Access-Control-Allow-Headers", value: "Authorization, Content-Type, If-Match"
            )
            response.headers.add(name: "Access-Control-Max-Age", value: "86400")
        }
        return response
    }
}
