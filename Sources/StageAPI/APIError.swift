import Primitives

/// An error in AWS's form: its name, its HTTP status, and a message for a person.
package struct APIError: Error, Hashable, Sendable {
    package var name: String
    package var status: Int
    package var message: String
    /// The value of the `Retry-After` header: whole seconds after which it may go better.
    var retryAfter: Int64?

    private init(_ name: String, _ status: Int, _ message: String) {
        self.name = name
        self.status = status
        self.message = message
    }
}

/// The one table of error names and statuses.
extension APIError {
    static func validation(_ message: String) -> APIError {
        APIError("ValidationException", 400, message)
    }
    /// The body is not the JSON that the operation's shape asks for.
    static func serialization(_ message: String) -> APIError {
        APIError("SerializationException", 400, message)
    }
    static func accessDenied(_ message: String) -> APIError {
        APIError("AccessDeniedException", 403, message)
    }
    static func pendingVerification(_ message: String) -> APIError {
        APIError("PendingVerification", 403, message)
    }
    static func resourceNotFound(_ arn: String) -> APIError {
        APIError("ResourceNotFoundException", 404, "Resource: \(arn) not found")
    }
    static func conflict(_ message: String) -> APIError {
        APIError("ConflictException", 409, message)
    }
    static func quotaExceeded(_ message: String) -> APIError {
        APIError("ServiceQuotaExceededException", 402, message)
    }
    /// - Parameter retryAfter: rounded up to whole seconds, as the header has it.
    static func throttling(_ message: String, retryAfter: Duration) -> APIError {
        var error = APIError("ThrottlingException", 429, message)
        error.retryAfter = max(1, Int64(retryAfter.seconds.rounded(.up)))
        return error
    }
    static func internalServer(_ message: String) -> APIError {
        APIError("InternalServerException", 500, message)
    }
    static func unknownOperation(_ message: String) -> APIError {
        APIError("UnknownOperationException", 404, message)
    }
    static func tooLarge(_ message: String) -> APIError {
        APIError("RequestEntityTooLargeException", 413, message)
    }

    // Authentication, as the gateway in front of AWS's REST-JSON services answers.
    static let missingAuthentication = APIError(
        "MissingAuthenticationTokenException", 403, "Missing Authentication Token")
    static func incompleteSignature(_ message: String) -> APIError {
        APIError("IncompleteSignatureException", 403, message)
    }
    static let unrecognizedClient = APIError(
        "UnrecognizedClientException", 403,
        "The security token included in the request is invalid.")
    static func invalidSignature(_ message: String) -> APIError {
        APIError("InvalidSignatureException", 403, message)
    }
}

extension APIError {
    /// - Parameter requestID: what the log has it under.
    func response(requestID: String) -> APIResponse {
        let body: JSONValue = [
            "__type": .string(name), "message": .string(message),
            "exceptionMessage": .string(message),
        ]
        return APIResponse(
            status: status, body: body, requestID: requestID,
            headers: [("x-amzn-ErrorType", name)] + retryHeaders)
    }
}

extension APIError {
    private var retryHeaders: [(name: String, value: String)] {
        retryAfter.map { [("Retry-After", "\($0)")] } ?? []
    }
}

extension APIResponse {
    /// What keeps answers out of caches, frames and guesses: tokens are in some of them. Clients know
    /// these headers as members of some outputs.
    private static let precautions: [(name: String, value: String)] = [
        ("Cache-Control", "no-store, no-cache"),
        ("Content-Security-Policy", "default-src 'self'; upgrade-insecure-requests;"),
        ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"),
    ]
    /// From now on only over TLS; for an answer that came that way.
    static let strictTransport = (
        name: "Strict-Transport-Security", value: "max-age=47304000; includeSubDomains"
    )

    init(
        status: Int, body: JSONValue, requestID: String,
        headers: [(name: String, value: String)] = []
    ) {
        self.init(
            status: status,
            headers: [
                ("Content-Type", "application/json"), ("x-amzn-RequestId", requestID),
            ] + Self.precautions + headers,
            body: body.bytes)
    }
}
