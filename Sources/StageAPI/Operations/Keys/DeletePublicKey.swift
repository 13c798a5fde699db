import ParticipantTokens
import Storage

/// Forgets an imported key: tokens that it signed are refused from now on. Who is connected with one
/// stays.
struct DeletePublicKey: APIOperation {
    static let name = "DeletePublicKey"

    private let arn: ResourceARN

    init(reading input: InputReader) {
        arn = input.requiredARN("arn")
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        try await service.remove(arn, .publicKey) { _ in
        } then: { record in
            await service.tokens.remove(id: record.arn)
        }
        return [:]
    }
}
