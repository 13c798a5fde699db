import StageAPI
import Stages

// The bounds of the live stages.
extension SettingsReader {
    /// Seconds; a session that never ends would say nothing.
    private static let lingerRange = 0...86_400
    private static let historyRange = 1...3_650
    /// Up to 8K.
    private static let heightRange = 90...4_320
    private static let bitrateRange = 100_000...1_000_000_000

    func liveLimits(_ quotas: ServiceQuotas) throws(StartRefusal) -> LiveLimits {
        var limits = LiveLimits()
        limits.publishers = quotas.concurrentPublishers
        limits.subscriptions = quotas.concurrentSubscriptions
        if let seconds = try integer(.sessionLinger, in: Self.lingerRange) {
            limits.stage.sessionLinger = .seconds(seconds)
        }
        if let days = try integer(.historyDays, in: Self.historyRange) {
            limits.historyAge = .seconds(days * 24 * 60 * 60)
        }
        if let pixels = try integer(.maxPublishHeight, in: Self.heightRange) {
            limits.stage.publishedShortSide = pixels
        }
        if let rate = try integer(.maxPublishBitrate, in: Self.bitrateRange) {
            limits.stage.publishedBitrate = Int64(rate)
        }
        return limits
    }
}
