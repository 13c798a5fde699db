package import Logging
package import ParticipantTokens
package import Primitives
package import Storage

/// The stage API: REST-JSON requests signed with Signature V4, as AWS's clients send them for
/// `ivs-realtime`. Knows no HTTP server.
package struct StageService: Sendable {
    /// What this version can do: one file each in `Operations/`, and a line here.
    static let operations: [any APIOperation.Type] = [
        // Stages
        CreateStage.self, DeleteStage.self, GetStage.self, ListStages.self, UpdateStage.self,
        // Participants
        CreateParticipantToken.self, DisconnectParticipant.self, GetParticipant.self,
        GetStageSession.self, ListParticipantEvents.self, ListParticipants.self,
        ListStageSessions.self, MuteParticipant.self, UnpublishParticipant.self,
        // Replication
        ListParticipantReplicas.self, StartParticipantReplication.self,
        StopParticipantReplication.self,
        // Keys
        DeletePublicKey.self, GetPublicKey.self, ImportPublicKey.self, ListPublicKeys.self,
        RevokeConnectionToken.self,
        // Configurations
        CreateEncoderConfiguration.self, CreateIngestConfiguration.self,
        CreateStorageConfiguration.self, DeleteEncoderConfiguration.self,
        DeleteIngestConfiguration.self, DeleteStorageConfiguration.self,
        GetEncoderConfiguration.self, GetIngestConfiguration.self, GetStorageConfiguration.self,
        ListEncoderConfigurations.self, ListIngestConfigurations.self,
        ListStorageConfigurations.self, UpdateIngestConfiguration.self,
        // Compositions
        GetComposition.self, ListCompositions.self, StartComposition.self, StopComposition.self,
        // Tags
        ListTagsForResource.self, TagResource.self, UntagResource.self,
    ]

    static let operationsByName: [String: any APIOperation.Type] = Dictionary(
        uniqueKeysWithValues: operations.map { ($0.name, $0) })

    let storage: any Storage
    let occupancy: any StageOccupancy
    let tokens: TokenAuthority
    let pages: PageTokens
    let configuration: ServiceConfiguration
    let random: RandomSource
    let now: @Sendable () -> WallTime
    let verifier: SignatureVerifier
    let logger: Logger
    let rates: RateLimiter
    private let turn = ExclusiveTurn()
    private let stages = StageCache()

    /// - Parameters:
    ///   - tokens: and `pages`: see ``DeploymentSecrets``.
    ///   - now: the civil clock.
    package init(
        storage: any Storage, occupancy: any StageOccupancy, tokens: TokenAuthority,
        pages: PageTokens, accessKeys: AccessKeyDirectory, configuration: ServiceConfiguration,
        rates: APIRates = .unlimited, random: RandomSource = .system, logger: Logger,
        now: @escaping @Sendable () -> WallTime
    ) {
        self.storage = storage
        self.occupancy = occupancy
        self.tokens = tokens
        self.pages = pages
        self.configuration = configuration
        self.random = random
        self.now = now
        self.logger = logger
        self.rates = RateLimiter(rates)
        tokens.requireEndpoints(
            TokenAuthority.Endpoints(events: configuration.eventsURL, whip: configuration.whipURL))
        verifier = SignatureVerifier(region: configuration.region, accessKeys: accessKeys)
    }

    /// Answers one request. Never fails: what goes wrong is an answer too.
    package func respond(to request: APIRequest) async -> APIResponse {
        var response = await answer(request)
        if configuration.whipURL.hasPrefix("https:") {
            response.headers.append(APIResponse.strictTransport)
        }
        return response
    }

    private func answer(_ request: APIRequest) async -> APIResponse {
        let requestID = random.uuid()
        do {
            let call = try APICall(request)
            let now = now()
            let signer = try await verifier.verify(request, at: now)
            try rates.admit(call.operation.name, accessKey: signer.id, at: now)
            try signer.authorize(call.operation.name)
            let operation = try call.decode(request)
            let output = try await operation.run(in: self)
            logger.debug(
                "API call",
                metadata: [
                    "operation": "\(call.operation.name)", "request": "\(requestID)",
                    "key": "\(signer.id)",
                ])
            return APIResponse(status: 200, body: output, requestID: requestID)
        } catch {
            return response(to: error, requestID: requestID)
        }
    }

    private func response(to error: any Error, requestID: String) -> APIResponse {
        let error = error as? APIError ?? internalError("answering a request", error)
        logger.log(
            level: error.status < 500 ? .debug : .error, "API call refused",
            metadata: [
                "error": "\(error.name)", "message": "\(error.message)", "request": "\(requestID)",
            ])
        return error.response(requestID: requestID)
    }
}

// MARK: - What operations are made of

extension StageService {
    /// The stage that `arn` names.
    /// - Throws: `ResourceNotFoundException`, also for an ARN of another kind, region or account.
    func stage(_ arn: ResourceARN) async throws(APIError) -> StageRecord {
        try await stage(arn) { id throws(APIError) in try await stored(id) }
    }

    /// The same for what changes nothing and is called often: see ``StageCache``.
    func cachedStage(_ arn: ResourceARN) async throws(APIError) -> StageRecord {
        try await stage(arn) { id throws(APIError) in
            try await stages.stage(id, at: now()) { () async throws(APIError) in
                try await stored(id)
            }
        }
    }

    private func stage(
        _ arn: ResourceARN, read: (StageID) async throws(APIError) -> StageRecord?
    ) async throws(APIError) -> StageRecord {
        guard arn.type == "stage", let record = try await read(StageID(arn.id)),
            record.arn == arn.text
        else { throw .resourceNotFound(arn.text) }
        return record
    }

    private func stored(_ id: StageID) async throws(APIError) -> StageRecord? {
        try await stored { storage throws(StorageError) in try await storage.stage(id) }
    }

    /// Changes a stage and stores it, with no other change in between.
    func change(
        _ arn: ResourceARN, _ body: (inout StageRecord) async throws(APIError) -> Void
    ) async throws(APIError) -> StageRecord {
        try await exclusively { () async throws(APIError) in
            let old = try await stage(arn)
            var stage = old
            try await body(&stage)
            try await store([.putStage(stage)] + RecordingLink.changes(from: old, to: stage))
            return stage
        }
    }

    /// Runs `body` while no other change of a stage runs.
    func exclusively<Value>(
        _ body: () async throws(APIError) -> Value
    ) async throws(APIError) -> Value {
        try await turn.run(body)
    }

    /// Stores everything or nothing.
    func store(_ changes: [StorageChange]) async throws(APIError) {
        defer { stages.drop(changedBy: changes) }
        try await stored { storage throws(StorageError) in try await storage.apply(changes) }
    }

    func store(_ change: StorageChange) async throws(APIError) { try await store([change]) }

    /// A read or write whose failure is ours, not the client's.
    func stored<Value>(
        _ body: (any Storage) async throws(StorageError) -> Value
    ) async throws(APIError) -> Value {
        do throws(StorageError) {
            return try await body(storage)
        } catch {
            throw internalError("using the storage", error)
        }
    }

    /// Logs what happened, and tells the client only that something did.
    func internalError(_ activity: String, _ error: any Error) -> APIError {
        logger.error("error while \(activity)", metadata: ["error": "\(error)"])
        return .internalServer("Internal error while \(activity). The server's log says more.")
    }
}
