import Primitives
import Stages
import Storage

/// Starts a composition. No part of this server mixes media yet, so it fails at once: the answer says
/// STARTING, and everybody who looks afterwards, or listens, learns that it FAILED and why.
struct StartComposition: APIOperation {
    static let name = "StartComposition"

    private static let noCompositor =
        "This server has no media compositor: it cannot compose stages."

    private let request: CompositionRequest

    init(reading input: InputReader) {
        request = CompositionRequest(reading: input)
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        let started = try await service.exclusively { () async throws(APIError) in
            if let known = try await repeated(in: service) { return known }
            let stage = try await checked(in: service)
            return try await start(on: stage, in: service)
        }
        return ["composition": started.record.json]
    }

    /// The composition that was started with the same token for the same request.
    private func repeated(
        in service: StageService
    ) async throws(APIError) -> StoredComposition? {
        guard let token = request.idempotencyToken else { return nil }
        let link = CompositionRequest.link(idempotencyToken: token)
        let known = try await service.resources(
            ResourceQuery(kind: .composition, links: [link]), limit: 1)
        guard let known = known.first.map(StoredComposition.init) else { return nil }
        guard known.requestText == request.text else {
            throw .conflict("The idempotencyToken \(token) was used for another request.")
        }
        return known
    }

    /// The stage, when all that is asked for exists and there is room for it.
    private func checked(in service: StageService) async throws(APIError) -> StageRecord {
        guard let arn = ResourceARN(request.stageARN) else {
            throw .resourceNotFound(request.stageARN)
        }
        let stage = try await service.stage(arn)
        for destination in request.destinations {
            try await check(destination, in: service)
        }
        let quotas = service.configuration.quotas
        try service.requireRoom(
            try await service.liveCompositionCount(), limit: quotas.compositions,
            of: "compositions")
        try service.requireRoom(
            try await service.liveCompositionCount(linkedTo: [stage.arn]),
            limit: quotas.compositionsPerStage, of: "compositions of one stage")
        return stage
    }

    private func check(
        _ destination: CompositionDestination, in service: StageService
    ) async throws(APIError) {
        let uses: [(String, ResourceRecord.Kind)] =
            destination.encoderConfigurations.map { ($0, .encoderConfiguration) }
            + [destination.storageConfiguration].compactMap { $0 }
            .map { ($0, .storageConfiguration) }
        for (text, kind) in uses {
            guard let arn = ResourceARN(text) else { throw .resourceNotFound(text) }
            _ = try await service.resource(arn, kind)
        }
        if let channel = destination.channel, let arn = ResourceARN(channel),
            service.configuration.arn(arn.type, arn.id) != channel
        {
            throw .resourceNotFound(channel)
        }
    }

    private func start(
        on stage: StageRecord, in service: StageService
    ) async throws(APIError) -> StoredComposition {
        var random = service.random
        let started = StoredComposition(
            service.newResource(.composition, tags: request.tags), stage: stage, request: request,
            destinationIDs: request.destinations.map { _ in
                randomBase62(count: 12, using: &random)
            })
        var failed = started
        let events = failed.life.fail(Self.noCompositor, at: service.now())
        failed.write()
        try await service.store(
            service.expiredCompositions() + service.changes(started, [])
                + service.changes(failed, events))
        return started
    }
}
