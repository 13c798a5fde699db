import Primitives
import Synchronization

/// The ``RateTable`` that all requests share.
final class RateLimiter: Sendable {
    private let rates: APIRates
    private let table: Mutex<RateTable>

    init(_ rates: APIRates) {
        self.rates = rates
        table = Mutex(RateTable(rates))
    }

    /// - Throws: `ThrottlingException` when the key has called the operation too often.
    func admit(_ operation: String, accessKey: String, at now: WallTime) throws(APIError) {
        guard !rates.isUnlimited else { return }
        let answer = table.withLock { $0.admit(operation, accessKey: accessKey, at: now) }
        guard case .refused(let wait) = answer else { return }
        let rate = rates[APIRateGroup(operation: operation)]?.perSecond ?? 0
        throw .throttling(
            "Rate exceeded: an access key may call \(operation) \(rate) times a second.",
            retryAfter: wait)
    }
}
