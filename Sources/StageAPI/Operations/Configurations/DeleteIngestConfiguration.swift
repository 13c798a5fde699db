import Primitives
import Storage

/// Deletes an ingest configuration; one that somebody publishes with only by force, which sends them
/// away.
struct DeleteIngestConfiguration: APIOperation {
    static let name = "DeleteIngestConfiguration"

    private let arn: ResourceARN
    private let isForced: Bool

    init(reading input: InputReader) {
        arn = input.requiredARN("arn")
        isForced = input.boolean("force") ?? false
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        try await service.remove(arn, .ingestConfiguration) { record throws(APIError) in
            guard record.state == IngestConfiguration.State.active.rawValue else { return }
            guard isForced else {
                throw .conflict(
                    "\(arn.text) is in use: somebody publishes with it. Give force to send them "
                        + "away.")
            }
            try await disconnectPublishers(of: IngestConfiguration(record), in: service)
        }
        return [:]
    }

    private func disconnectPublishers(
        of configuration: IngestConfiguration, in service: StageService
    ) async throws(APIError) {
        guard let stage = ResourceARN(configuration.stageARN) else { return }
        for credential in [configuration.primary, configuration.secondary].compactMap({ $0 }) {
            do {
                try await service.occupancy.disconnect(
                    credential.participant, of: StageID(stage.id),
                    reason: "its ingest configuration is deleted")
            } catch {
                throw service.internalError("disconnecting a participant", error)
            }
        }
    }
}
