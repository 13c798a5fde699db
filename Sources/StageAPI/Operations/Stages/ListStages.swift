import Storage

/// Stages in the order of their creation.
struct ListStages: APIOperation {
    static let name = "ListStages"

    private let page: PageRequest

    init(reading input: InputReader) {
        page = PageRequest(reading: input)
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        let cursor = try page.cursor(of: Self.name, in: service.pages)
        let size = page.size
        // One more than asked for tells whether there is another page.
        let stages = try await service.stored { storage throws(StorageError) in
            try await storage.stages(after: cursor, limit: size + 1)
        }
        var summaries: [JSONValue] = []
        for stage in stages.prefix(size) {
            let session = await service.occupancy.activeSession(of: stage.id)
            summaries.append(service.summary(of: stage, activeSession: session))
        }
        let next = stages.count > size ? stages[size - 1].position : nil
        return JSONValue(members: [
            "stages": .array(summaries),
            "nextToken": next.map { .string(service.pages.token(for: Self.name, cursor: $0)) },
        ])
    }
}
