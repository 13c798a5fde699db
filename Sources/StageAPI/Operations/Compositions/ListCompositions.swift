import Storage

/// In the order of their start; both filters may be given.
struct ListCompositions: APIOperation {
    static let name = "ListCompositions"

    private let filters: Set<String>
    private let page: PageRequest

    init(reading input: InputReader) {
        filters = Set(
            [
                input.string("filterByStageArn"), input.string("filterByEncoderConfigurationArn"),
            ].compactMap { $0 })
        page = PageRequest(reading: input, size: 100)
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        try await service.list(
            ResourceQuery(kind: .composition, links: filters), page, as: "compositions",
            in: Self.name)
    }
}
