import NIOCore
import NIOHTTP1
import Primitives
import Signalling
import StageAPI

/// A request whose header has arrived. Its body is read by whoever knows how long it may be.
struct RequestHead: Sendable {
    let method: HTTPMethod
    /// The path as it stood, percent-encoding included, without the query.
    let path: String
    /// The query as it stood, without the question mark.
    let query: String
    let headers: HTTPHeaders

    init(_ head: HTTPRequestHead) {
        method = head.method
        headers = head.headers
        let parts = Self.withoutAuthority(head.uri)
            .split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = parts.first.map(String.init) ?? ""
        query = parts.count > 1 ? String(parts[1]) : ""
    }

    /// What stands behind `http://host` in a target of absolute form, which clients send to proxies
    /// and servers must accept (RFC 9112 §3.2.2).
    private static func withoutAuthority(_ target: String) -> String {
        let schemes = ["http://", "https://"]
        guard let scheme = schemes.first(where: target.prefix(8).lowercased().hasPrefix) else {
            return target
        }
        let rest = target.dropFirst(scheme.count).drop { $0 != "/" && $0 != "?" }
        return rest.first == "/" ? String(rest) : "/" + rest
    }

    /// The token of `Authorization: Bearer …`.
    var bearer: String? {
        guard let field = headers.first(name: "Authorization") else { return nil }
        let parts = field.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        let token = parts[1].drop { $0 == " " }
        return token.isEmpty ? nil : String(token)
    }

    /// The media type of the body without parameters, in lower case.
    var mediaType: String? {
        headers.first(name: "Content-Type").map { field in
            let type = field.prefix { $0 != ";" && $0 != "," }
            return type.filter { $0 != " " && $0 != "\t" }.lowercased()
        }
    }
}

struct Response: Sendable {
    var status: HTTPResponseStatus
    var headers: HTTPHeaders = [:]
    var body = ByteBuffer()

    static func empty(_ status: HTTPResponseStatus) -> Response { Response(status: status) }

    static func text(
        _ text: String, type: String, status: HTTPResponseStatus = .ok
    ) -> Response {
        Response(
            status: status, headers: ["Content-Type": type], body: ByteBuffer(string: text))
    }

    static func json(_ value: JSONValue, status: HTTPResponseStatus = .ok) -> Response {
        text(value.encoded, type: "application/json", status: status)
    }

    static func refusal(_ error: SignallingError) -> Response {
        var response = json(
            .members(
                ("code", .integer(Int64(error.code))), ("name", .string(error.name)),
                ("message", .string(error.message))),
            status: HTTPResponseStatus(statusCode: error.status))
        switch error.status {
        case 401: response.headers.add(name: "WWW-Authenticate", value: "Bearer")
        case 429: response.headers.add(name: "Retry-After", value: "10")
        case 503: response.headers.add(name: "Retry-After", value: "5")
        default: break
        }
        return response
    }

    static func methodNotAllowed(_ allowed: HTTPMethod...) -> Response {
        let list = allowed.map(\.rawValue).joined(separator: ", ")
        var response = refusal(.methodNotAllowed(allowed: list))
        response.headers.add(name: "Allow", value: list)
        return response
    }

    static func redirect(to location: String) -> Response {
        Response(status: .found, headers: ["Location": location])
    }

    init(status: HTTPResponseStatus, headers: HTTPHeaders = [:], body: ByteBuffer = ByteBuffer()) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    init(_ response: APIResponse) {
        self.init(
            status: HTTPResponseStatus(statusCode: response.status),
            headers: HTTPHeaders(response.headers.map { ($0.name, $0.value) }),
            body: ByteBuffer(bytes: response.body))
        // It is counted again from the body.
        headers.remove(name: "Content-Length")
    }
}

// What only HTTP can get wrong. `code` 4 is what has no number of its own.
extension SignallingError {
    static let notFound = SignallingError(
        status: 404, code: 4, name: "NOT_FOUND",
        message: "There is nothing at this path. /samples/ has pages to begin with.")

    static func methodNotAllowed(allowed: String) -> SignallingError {
        SignallingError(
            status: 405, code: 4, name: "METHOD_NOT_ALLOWED",
            message: "This path takes \(allowed).")
    }

    static let upgradeRequired = SignallingError(
        status: 426, code: 4, name: "UPGRADE_REQUIRED",
        message: "This is a WebSocket (version 13), with the participant token as the only "
            + "subprotocol.")

    static let notUTF8 = SignallingError(
        status: 400, code: 4, name: "BODY_NOT_TEXT", message: "The body is not UTF-8 text.")
}

extension Response {
    /// The response as it is written: complete with its length, date and what HEAD leaves out.
    func message(to request: HTTPRequestHead, isLast: Bool) -> ConnectionOutput {
        var head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        let hasNoBody = status == .noContent || status == .notModified
        if !hasNoBody {
            head.headers.replaceOrAdd(name: "Content-Length", value: "\(body.readableBytes)")
        }
        head.headers.add(name: "Date", value: WallTime.now.httpDate)
        if isLast { head.headers.replaceOrAdd(name: "Connection", value: "close") }
        return .response(head, hasNoBody || request.method == .HEAD ? ByteBuffer() : body)
    }
}
