/// Which operation a request asks for, before it is believed.
struct APICall {
    let operation: any APIOperation.Type
    /// For `/tags/{resourceArn}`: the ARN, decoded.
    private let resourceARN: String?

    /// - Throws: `UnknownOperationException`, which lists what is known; an error for a body that is
    ///   too large to look at.
    init(_ request: APIRequest) throws(APIError) {
        guard request.body.count <= APILimits.bodyBytes else {
            throw .tooLarge("A request body is at most \(APILimits.bodyBytes) bytes.")
        }
        if request.path.hasPrefix("/tags/") {
            let encoded = request.path.utf8.dropFirst("/tags/".utf8.count)
            resourceARN = String(decoding: percentDecode(encoded), as: UTF8.self)
            operation = try Self.tagOperation(request.method)
            return
        }
        resourceARN = nil
        let name = request.path.dropFirst()
        guard request.method == "POST",
            let operation = StageService.operationsByName[String(name)],
            !Self.isTagOperation(operation)
        else { throw Self.unknown("\(request.method) \(request.path)") }
        self.operation = operation
    }

    private static func tagOperation(_ method: String) throws(APIError) -> any APIOperation.Type {
        switch method {
        case "GET": return ListTagsForResource.self
        case "POST": return TagResource.self
        case "DELETE": return UntagResource.self
        default: throw unknown("\(method) /tags/")
        }
    }

    private static func isTagOperation(_ operation: any APIOperation.Type) -> Bool {
        operation == ListTagsForResource.self || operation == TagResource.self
            || operation == UntagResource.self
    }

    private static func unknown(_ text: String) -> APIError {
        let names = StageService.operations.filter { !isTagOperation($0) }.map { $0.name }
        return .unknownOperation(
            "There is no operation \(text.prefix(128)). This server has POST /"
                + names.joined(separator: ", POST /")
                + " and GET, POST and DELETE /tags/{resourceArn}.")
    }

    /// Reads and validates the input: the members of the body, the path and the query.
    func decode(_ request: APIRequest) throws(APIError) -> any APIOperation {
        var members: [String: JSONValue] = [:]
        if request.method == "POST" { members = try Self.members(of: request.body) }
        if let resourceARN {
            members["resourceArn"] = .string(resourceARN)
            let keys = Self.values(of: "tagKeys", in: request.query)
            members["tagKeys"] = keys.isEmpty ? nil : .array(keys.map(JSONValue.string))
        }
        return try operation.decode(members)
    }

    private static func members(of body: [UInt8]) throws(APIError) -> [String: JSONValue] {
        if body.isEmpty { return [:] }
        do throws(JSONReader.Violation) {
            guard case .object(let members) = try JSONReader.read(body) else {
                throw JSONReader.Violation(reason: "not an object", offset: 0)
            }
            return members
        } catch {
            throw .serialization("The body is not JSON: \(error.reason) at byte \(error.offset).")
        }
    }

    /// The values of a repeated query parameter, in order.
    private static func values(of name: String, in query: String) -> [String] {
        query.utf8.split(separator: UInt8(ascii: "&")).compactMap { parameter in
            let parts = parameter.split(
                separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard percentDecode(parts[0]).elementsEqual(name.utf8) else { return nil }
            return parts.count > 1
                ? String(decoding: percentDecode(parts[1]), as: UTF8.self) : ""
        }
    }
}
