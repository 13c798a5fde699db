import ParticipantTokens
import Storage

/// Imports the public half of a backend's key pair: from now on tokens that the backend signs with
/// the other half are good, without a call for each.
struct ImportPublicKey: APIOperation {
    static let name = "ImportPublicKey"

    private let keyName: String
    private let tags: [String: String]
    private let text: String

    init(reading input: InputReader) {
        keyName = input.string("name") ?? ""
        tags = input.map("tags") ?? [:]
        text = input.requiredString("publicKeyMaterial")
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        guard let material = PublicKeyMaterial(text) else {
            throw .validation(
                "publicKeyMaterial must be a public key on the curve P-384 (secp384r1) as "
                    + "SubjectPublicKeyInfo in PEM, as \"openssl ec -pubout\" writes it.")
        }
        let record = service.newResource(
            .publicKey, name: keyName, tags: tags, links: [material.fingerprint],
            body: [
                "publicKeyMaterial": .string(text), "fingerprint": .string(material.fingerprint),
            ])
        try await service.create(record) { () async throws(APIError) in
            try await requireNew(material, in: service)
        } then: {
            if let key = material.key(of: record) { await service.tokens.add(key) }
        }
        return ["publicKey": record.json]
    }

    private func requireNew(
        _ material: PublicKeyMaterial, in service: StageService
    ) async throws(APIError) {
        let twins = try await service.resources(
            ResourceQuery(kind: .publicKey, links: [material.fingerprint]), limit: 1)
        guard twins.isEmpty else {
            throw .conflict("The key is imported already: it is \(twins[0].arn).")
        }
    }
}
