import Primitives

/// The buckets that are not full: one for each access key and operation that was called lately.
struct RateTable: Sendable {
    private struct Caller: Hashable {
        var accessKey: String
        var operation: String
    }

    private let rates: APIRates
    private var buckets: [Caller: TokenBucket] = [:]

    init(_ rates: APIRates) {
        self.rates = rates
    }

    /// Counts a call.
    /// - Parameter accessKey: the id of a key whose signature was right, so that nobody else can
    ///   fill the table, or use up what is another's.
    mutating func admit(
        _ operation: String, accessKey: String, at now: WallTime
    ) -> TokenBucket.Answer {
        guard let rate = rates[APIRateGroup(operation: operation)] else { return .admitted }
        let caller = Caller(accessKey: accessKey, operation: operation)
        if buckets[caller] == nil, buckets.count >= APILimits.rateBuckets { makeRoom(at: now) }
        return buckets[caller, default: TokenBucket(rate, at: now)].take(rate, at: now)
    }

    /// Drops the buckets that are full again; if none is, all of them: to be lenient for a moment
    /// beats refusing who did nothing.
    private mutating func makeRoom(at now: WallTime) {
        buckets = buckets.filter { caller, bucket in
            guard let rate = rates[APIRateGroup(operation: caller.operation)] else { return false }
            return !bucket.isFull(rate, at: now)
        }
        if buckets.count >= APILimits.rateBuckets { buckets = [:] }
    }

    var count: Int { buckets.count }
}
