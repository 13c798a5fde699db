/// Counts of durations in buckets that grow with them: recording allocates nothing, and two
/// histograms add up to one.
///
/// Each power of two is cut in 32, so that a percentile is right to 3.2 %, as with an HdrHistogram; durations from 1 µs
/// to 68 s are told apart, shorter and longer ones fall in the first and the last bucket.
package struct LatencyHistogram: Hashable, Sendable {
    private static let subBuckets = 32
    private static let subBucketBits = 5
    private static let smallestExponent = 10
    private static let exponents = 26
    private static let bucketCount = exponents * subBuckets

    private var counts = [UInt64](repeating: 0, count: bucketCount)
    package private(set) var count: UInt64 = 0
    /// Nanoseconds, all together; wraps after five centuries.
    package private(set) var sum: UInt64 = 0
    /// The longest duration, in nanoseconds and exact.
    package private(set) var longest: UInt64 = 0

    package init() {}

    package mutating func record(nanoseconds: UInt64, count: UInt64 = 1) {
        counts[Self.bucket(of: nanoseconds)] += count
        self.count += count
        sum &+= nanoseconds &* count
        longest = max(longest, nanoseconds)
    }

    private static func bucket(of nanoseconds: UInt64) -> Int {
        let exponent = 63 - (nanoseconds | 1).leadingZeroBitCount
        guard exponent >= smallestExponent else { return 0 }
        let fraction = Int(nanoseconds >> UInt64(exponent - subBucketBits)) & (subBuckets - 1)
        return min(bucketCount - 1, (exponent - smallestExponent) * subBuckets + fraction)
    }

    /// The least duration that no longer falls in bucket `index`, in nanoseconds.
    private static func upperBound(of index: Int) -> UInt64 {
        let (exponent, fraction) = index.quotientAndRemainder(dividingBy: subBuckets)
        return UInt64(subBuckets + fraction + 1)
            << UInt64(exponent + smallestExponent - subBucketBits)
    }

    /// An upper bound in nanoseconds of the durations of the given share, 0...1, of all records;
    /// `nil` before the first record, and for a share that is no number.
    package func percentile(_ share: Double) -> UInt64? {
        guard count > 0, !share.isNaN else { return nil }
        let rank = (Double(count) * min(1, max(0, share))).rounded(.up)
        let wanted = max(1, UInt64(exactly: rank) ?? .max)
        var seen: UInt64 = 0
        for index in counts.indices {
            seen += counts[index]
            if seen >= wanted { return Self.upperBound(of: index) }
        }
        return Self.upperBound(of: Self.bucketCount - 1)
    }

    /// How many records lie at or below each bound, in nanoseconds: Prometheus' cumulative buckets.
    /// A record counts once its bucket lies below the bound as a whole.
    package func cumulative(bounds: [UInt64]) -> [UInt64] {
        bounds.map { bound in
            counts.indices.reduce(0) { sum, index in
                Self.upperBound(of: index) <= bound ? sum + counts[index] : sum
            }
        }
    }

    /// The buckets that are not empty, shortest durations first: the least duration in nanoseconds that
    /// no longer falls in it, and how many do.
    package var buckets: [(bound: UInt64, count: UInt64)] {
        counts.indices.filter { counts[$0] > 0 }.map { (Self.upperBound(of: $0), counts[$0]) }
    }

    package mutating func add(_ other: LatencyHistogram) {
        for index in counts.indices { counts[index] += other.counts[index] }
        count += other.count
        sum &+= other.sum
        longest = max(longest, other.longest)
    }
}
