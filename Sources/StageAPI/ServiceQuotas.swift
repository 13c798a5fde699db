/// How much of everything there may be: IVS's quotas with IVS's defaults. Reaching one is
/// `ServiceQuotaExceededException` in the API, and the event error `QUOTA_EXCEEDED` on a stage.
package struct ServiceQuotas: Hashable, Sendable {
    package var stages = 1_000
    package var publicKeys = 3
    package var encoderConfigurations = 20
    package var storageConfigurations = 5
    package var ingestConfigurations = 100
    /// Compositions that have not ended.
    package var compositions = 20
    package var compositionsPerStage = 5

    /// Participants that publish now, on all stages together.
    package var concurrentPublishers = 1_000
    /// Pairs of a publisher and somebody subscribed to it, on all stages together.
    package var concurrentSubscriptions = 20_000
    /// Other stages that one participant is replicated to at once.
    package var replicationsPerParticipant = 5

    package init() {}
}

extension ServiceQuotas {
    /// The quotas by the names that they are set under.
    package static let names: [String] = fields.map(\.name)

    /// - Returns: `false` when there is no quota of that name.
    package mutating func set(_ name: String, to value: Int) -> Bool {
        guard let field = Self.fields.first(where: { $0.name == name }) else { return false }
        self[keyPath: field.path] = value
        return true
    }

    private typealias Field = (
        name: String, path: any WritableKeyPath<ServiceQuotas, Int> & Sendable
    )

    private static let fields: [Field] = [
        ("stages", \.stages), ("publicKeys", \.publicKeys),
        ("encoderConfigurations", \.encoderConfigurations),
        ("storageConfigurations", \.storageConfigurations),
        ("ingestConfigurations", \.ingestConfigurations), ("compositions", \.compositions),
        ("compositionsPerStage", \.compositionsPerStage),
        ("concurrentPublishers", \.concurrentPublishers),
        ("concurrentSubscriptions", \.concurrentSubscriptions),
        ("replicationsPerParticipant", \.replicationsPerParticipant),
    ]
}
