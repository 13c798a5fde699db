import Primitives

/// What a stream of notifications is asked for: `?stage=ARN&kind=KIND&after=ID`.
struct NotificationQuery: Hashable {
    var filter = NotificationReader.Filter()
    /// The position behind which it begins; `nil` for what happens from now on.
    var after: Int64?

    /// - Throws: `ValidationException`.
    init(_ request: APIRequest) throws(APIError) {
        for parameter in request.query.utf8.split(separator: UInt8(ascii: "&")) {
            let parts = parameter.split(
                separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let value =
                parts.count > 1 ? String(decoding: percentDecode(parts[1]), as: UTF8.self) : ""
            switch String(decoding: percentDecode(parts[0]), as: UTF8.self) {
            case "stage": filter.stage = try Self.stage(value)
            case "kind": filter.kinds.insert(try Self.kind(value.replacing("+", with: " ")))
            case "after": after = try Self.position(value, of: "after")
            case let name:
                throw .validation(
                    "There is no parameter '\(name.prefix(64))'; there are stage, kind and after.")
            }
        }
        // What a client saw last counts more than where it began.
        if let last = request.header("last-event-id"), !last.isEmpty {
            after = try Self.position(last, of: "Last-Event-ID")
        }
    }

    private static func stage(_ text: String) throws(APIError) -> StageID {
        guard let arn = ResourceARN(text), arn.type == "stage" else {
            throw .validation("'stage' must be the ARN of a stage.")
        }
        return StageID(arn.id)
    }

    private static func kind(_ text: String) throws(APIError) -> String {
        guard NotificationKind(rawValue: text) != nil else {
            let known = NotificationKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw .validation("'kind' must be one of: \(known).")
        }
        return text
    }

    private static func position(_ text: String, of name: String) throws(APIError) -> Int64 {
        guard let position = Int64(text), position >= 0 else {
            throw .validation("'\(name)' must be the id of a notification: a whole number.")
        }
        return position
    }
}
