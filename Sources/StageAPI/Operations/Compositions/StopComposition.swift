import Stages
import Storage

/// Ends a composition. One that has ended stays as it is.
struct StopComposition: APIOperation {
    static let name = "StopComposition"

    private let arn: ResourceARN

    init(reading input: InputReader) {
        arn = input.requiredARN("arn")
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        try await service.exclusively { () async throws(APIError) in
            var composition = StoredComposition(
                try await service.resource(arn, .composition))
            let events = composition.life.stop(at: service.now())
            guard !events.isEmpty else { return }
            composition.write()
            try await service.store(service.changes(composition, events))
        }
        return [:]
    }
}
