import Storage

/// In the order of their creation.
struct ListEncoderConfigurations: APIOperation {
    static let name = "ListEncoderConfigurations"

    private let page: PageRequest

    init(reading input: InputReader) {
        page = PageRequest(reading: input, size: 100)
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        try await service.list(
            ResourceQuery(kind: .encoderConfiguration), page, as: "encoderConfigurations",
            in: Self.name)
    }
}
