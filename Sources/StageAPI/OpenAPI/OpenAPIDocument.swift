extension StageService {
    /// The API in OpenAPI 3.1 as JSON text, written from ``OperationModel``: what this server has of
    /// it, with every constraint, error and an example.
    package static let openAPIDocument = OpenAPIDocument(
        served: Set(operations.map { $0.name })
    ).json.text
}

struct OpenAPIDocument: Sendable {
    /// The names of the operations that are there.
    let served: Set<String>

    var json: JSONValue {
        [
            "openapi": "3.1.0",
            "info": [
                "title": "Rostrum stage API", "version": "2020-07-14",
                "summary": "Stages, their participants and what becomes of them.",
                "description": .string(Self.description),
            ],
            "servers": [["url": "/"]],
            "security": [["sigv4": []]],
            "tags": .array(groups.map { ["name": .string($0.name)] }),
            "paths": .object(paths),
            "components": [
                "schemas": .object(schemas),
                "securitySchemes": [
                    "sigv4": [
                        "type": "apiKey", "in": "header", "name": "Authorization",
                        "description":
                            "AWS Signature Version 4 for the service `ivs`, over the request as it is sent.",
                        "x-amazon-apigateway-authtype": "awsSigv4",
                    ]
                ],
            ],
        ]
    }

    private static let description = """
        Wire-compatible with `ivs-realtime` of Amazon IVS: point an AWS SDK or the AWS CLI at this \
        server with `--endpoint-url`. Members that are not known are ignored, and `null` is the same \
        as absent.
        """

    private var groups: [(name: String, operations: [OperationModel])] {
        OperationModel.groups.map { group in
            (group.name, group.operations.filter { served.contains($0.name) })
        }.filter { !$0.operations.isEmpty }
    }
}

// MARK: - Paths

extension OpenAPIDocument {
    private var paths: [String: JSONValue] {
        var paths: [String: [String: JSONValue]] = [:]
        for (group, operations) in groups {
            for operation in operations {
                let (path, method) = Self.route(operation)
                paths[path, default: [:]][method] = json(of: operation, in: group)
            }
        }
        return paths.mapValues { .object($0) }
    }

    private static func route(_ operation: OperationModel) -> (path: String, method: String) {
        switch operation.name {
        case "ListTagsForResource": ("/tags/{resourceArn}", "get")
        case "TagResource": ("/tags/{resourceArn}", "post")
        case "UntagResource": ("/tags/{resourceArn}", "delete")
        default: ("/" + operation.name, "post")
        }
    }

    private func json(of operation: OperationModel, in group: String) -> JSONValue {
        let (path, method) = Self.route(operation)
        let isTags = path.hasPrefix("/tags/")
        var members: [String: JSONValue] = [
            "operationId": .string(operation.name), "tags": [.string(group)],
            "summary": .string(operation.summary), "responses": .object(responses(of: operation)),
        ]
        if isTags { members["parameters"] = .array(Self.parameters(of: operation)) }
        if method == "post" {
            let body = isTags ? Self.bodyOfTagResource(operation) : operation.input
            members["requestBody"] = [
                "required": .bool(body.hasRequiredMembers),
                "content": [
                    "application/json": [
                        "schema": body.reference, "example": body.requestExample,
                    ]
                ],
            ]
        }
        return .object(members)
    }

    private static func parameters(of operation: OperationModel) -> [JSONValue] {
        var parameters: [JSONValue] = [
            [
                "name": "resourceArn", "in": "path", "required": true,
                "description": "The ARN, percent-encoded.",
                "schema": Shape.resourceARN.reference, "example": Shape.resourceARN.example,
            ]
        ]
        if operation.name == "UntagResource" {
            parameters.append([
                "name": "tagKeys", "in": "query", "required": true, "style": "form",
                "explode": true, "schema": Shape.tagKeyList.reference,
                "example": Shape.tagKeyList.example,
            ])
        }
        return parameters
    }

    /// The ARN stands in the path.
    private static func bodyOfTagResource(_ operation: OperationModel) -> Shape {
        guard case .structure(let members) = operation.input.form else { return operation.input }
        return .structure(
            operation.input.name, members.filter { $0.name != "resourceArn" })
    }
}

extension Shape {
    fileprivate var hasRequiredMembers: Bool {
        guard case .structure(let members) = form else { return false }
        return members.contains(where: \.isRequired)
    }

    /// A request never begins with the token of a page.
    fileprivate var requestExample: JSONValue {
        guard case .object(var members) = example else { return example }
        members["nextToken"] = nil
        return .object(members)
    }

    /// The last page has no token.
    fileprivate var responseExample: JSONValue { requestExample }
}

// MARK: - Answers

extension OpenAPIDocument {
    /// What any operation may answer besides what it declares.
    private static let commonErrors: [(error: APIError, meaning: String)] = [
        (.serialization(""), "The body is not JSON, or a member has another type."),
        (.missingAuthentication, "The request is not signed."),
        (.incompleteSignature(""), "The signature lacks a part."),
        (.unrecognizedClient, "There is no such access key."),
        (.invalidSignature(""), "The signature does not match the request, or its time is off."),
        (.tooLarge(""), "The body is larger than 1 MiB."),
        (
            .throttling("", retryAfter: .zero),
            "Too many requests in a short time; try again after Retry-After."
        ),
        (.internalServer(""), "The server failed; its log says more."),
    ]

    private func responses(of operation: OperationModel) -> [String: JSONValue] {
        var responses: [String: JSONValue] = [
            "200": [
                "description": "Done.", "headers": Self.headers,
                "content": [
                    "application/json": [
                        "schema": operation.output.reference,
                        "example": operation.output.responseExample,
                    ]
                ],
            ]
        ]
        let errors = Self.errors(of: operation)
        for status in Set(errors.map(\.error.status)) {
            let sameStatus = errors.filter { $0.error.status == status }
            responses["\(status)"] = Self.response(sameStatus)
        }
        return responses
    }

    private static func errors(
        of operation: OperationModel
    ) -> [(error: APIError, meaning: String)] {
        let declared = operation.errors.map { ($0.error, $0.meaning) }
        let names = Set(declared.map { $0.0.name })
        let denied: [OperationModel.DeclaredError] = [.accessDenied]
        return declared + commonErrors.filter { !names.contains($0.error.name) }
            + denied.filter { !names.contains($0.error.name) }.map { ($0.error, $0.meaning) }
    }

    private static func response(_ errors: [(error: APIError, meaning: String)]) -> JSONValue {
        let schemas = errors.map { reference($0.error) }
        return [
            "description": .string(
                errors.map { "`\($0.error.name)`: \($0.meaning)" }.joined(separator: " ")),
            "headers": headers,
            "content": [
                "application/json": [
                    "schema": schemas.count == 1 ? schemas[0] : ["oneOf": .array(schemas)]
                ]
            ],
        ]
    }

    private static func reference(_ error: APIError) -> JSONValue {
        ["$ref": .string("#/components/schemas/\(error.name)")]
    }

    private static let headers: JSONValue = [
        "x-amzn-RequestId": [
            "description": "What the server's log has the request under.",
            "schema": ["type": "string"],
        ]
    ]
}

// MARK: - Schemas

extension OpenAPIDocument {
    private var schemas: [String: JSONValue] {
        var schemas: [String: JSONValue] = [:]
        var waiting: [Shape] = []
        for operation in groups.flatMap(\.operations) {
            let (path, method) = Self.route(operation)
            if path.hasPrefix("/tags/") {
                waiting += operation.input.parts
                if method == "post" { waiting.append(Self.bodyOfTagResource(operation)) }
            } else {
                waiting.append(operation.input)
            }
            waiting.append(operation.output)
            for (error, meaning) in Self.errors(of: operation) {
                schemas[error.name] = Self.schema(error, meaning)
            }
        }
        while let shape = waiting.popLast() {
            guard schemas[shape.name] == nil else { continue }
            schemas[shape.name] = shape.schema
            waiting += shape.parts
        }
        return schemas
    }

    private static func schema(_ error: APIError, _ meaning: String) -> JSONValue {
        let text: JSONValue = ["type": "string"]
        return [
            "type": "object", "description": .string(meaning),
            "required": ["__type", "message", "exceptionMessage"],
            "properties": [
                "__type": ["type": "string", "const": .string(error.name)], "message": text,
                "exceptionMessage": text,
            ],
        ]
    }
}
