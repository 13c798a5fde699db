import Storage

/// In the order of their creation; both filters may be given.
struct ListIngestConfigurations: APIOperation {
    static let name = "ListIngestConfigurations"

    private let stageARN: String?
    private let state: String?
    private let page: PageRequest

    init(reading input: InputReader) {
        stageARN = input.string("filterByStageArn")
        state = input.string("filterByState")
        page = PageRequest(reading: input)
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        let query = ResourceQuery(
            kind: .ingestConfiguration, state: state, links: stageARN.map { [$0] } ?? [])
        return try await service.list(query, page, as: "ingestConfigurations", in: Self.name)
    }
}
