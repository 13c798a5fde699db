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
