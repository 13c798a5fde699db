import Storage

/// In the order of their creation.
struct ListStorageConfigurations: APIOperation {
    static let name = "ListStorageConfigurations"

    private let page: PageRequest

    init(reading input: InputReader) {
        page = PageRequest(reading: input, size: 100)
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        try await service.list(
            ResourceQuery(kind: .storageConfiguration), page, as: "storageConfigurations",
            in: Self.name)
    }
}
