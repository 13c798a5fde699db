import Testing

@testable import StageAPI

@Suite("OpenAPI document")
struct OpenAPITests {
    private func document() throws -> JSONValue {
        try JSONReader.read(Array(StageService.openAPIDocument.utf8))
    }

    @Test("every operation that is served is in the table, and in the document")
    func complete() throws {
        let document = try document()
        guard case .object(let paths) = document["paths"] else { throw FakeOccupancy.Failure() }
        let described = paths.values.flatMap { path -> [String] in
            guard case .object(let methods) = path else { return [] }
            return methods.values.compactMap { $0["operationId"]?.string }
        }
        #expect(described.sorted() == StageService.operations.map { $0.name }.sorted())
        #expect(paths["/tags/{resourceArn}"]?["delete"]?["operationId"] == "UntagResource")
        #expect(StageService.operations.count == Set(described).count)
    }

    @Test("every reference leads somewhere, and nothing is left over")
    func references() throws {
        let document = try document()
        guard case .object(let schemas) = document["components"]?["schemas"] else {
            throw FakeOccupancy.Failure()
        }
        var referred: Set<String> = []
        func collect(_ value: JSONValue) {
            switch value {
            case .object(let members):
                if case .string(let target) = members["$ref"] {
                    referred.insert(String(target.dropFirst("#/components/schemas/".count)))
                }
                members.values.forEach(collect)
            case .array(let values): values.forEach(collect)
            default: break
            }
        }
        collect(document)
        #expect(referred == Set(schemas.keys))
    }

    @Test("the example of every input is a valid input")
    func examples() throws {
        for operation in StageService.operations {
            let model = try #require(OperationModel.all[operation.name])
            guard case .object(var example) = model.input.example else {
                throw FakeOccupancy.Failure()
            }
            // The third rule of CreateIngestConfiguration and the like hold as well.
            example["nextToken"] = nil
            #expect(throws: Never.self, "\(operation.name)") { try operation.decode(example) }
            let findings = Findings()
            model.output.validate(model.output.example, at: operation.name, into: findings)
            #expect(throws: Never.self, "\(operation.name)") { try findings.finish() }
        }
    }

    @Test("constraints stand in it as JSON Schema has them")
    func constraints() throws {
        let schemas = try document()["components"]?["schemas"]
        #expect(schemas?["Width"]?["minimum"] == 2)
        #expect(schemas?["Width"]?["maximum"] == 1920)
        #expect(schemas?["Width"]?["multipleOf"] == 2)
        #expect(schemas?["GridGap"]?["maximum"] == nil)
        #expect(schemas?["StageName"]?["pattern"] == "^[a-zA-Z0-9-_]*$")
        #expect(schemas?["StageName"]?["maxLength"] == 128)
        #expect(schemas?["StageName"]?["minLength"] == nil)
        #expect(schemas?["TagKey"]?["pattern"] == "^(?!aws:)")
        #expect(schemas?["DestinationConfigurationList"]?["maxItems"] == 2)
        #expect(schemas?["Tags"]?["maxProperties"] == 50)
        #expect(schemas?["StreamKey"]?["format"] == "password")
        #expect(
            schemas?["StartCompositionRequest"]?["required"] == ["stageArn", "destinations"])
        #expect(schemas?["CreateStageRequest"]?["required"] == nil)
    }
}
