import Storage

/// Imported keys in the order of their import. The keys that the deployment made for itself are not
/// among them.
struct ListPublicKeys: APIOperation {
    static let name = "ListPublicKeys"

    private let page: PageRequest

    init(reading input: InputReader) {
        page = PageRequest(reading: input)
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        try await service.list(
            ResourceQuery(kind: .publicKey), page, as: "publicKeys", in: Self.name)
    }
}
