/// Collects metrics in Prometheus' text format 0.0.4: each with its help and type in front.
package struct PrometheusText: Sendable {
    package enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    package private(set) var text = ""

    package init() {}

    /// A metric with one value.
    package mutating func add(_ kind: Kind, _ name: String, _ help: String, _ value: UInt64) {
        describe(kind, name, help)
        sample(name, "\(value)")
    }

    /// A metric with one value that is not whole.
    package mutating func add(_ kind: Kind, _ name: String, _ help: String, _ value: Double) {
        describe(kind, name, help)
        sample(name, "\(value)")
    }

    /// A metric with a value for each of a fixed set of label values.
    package mutating func add(
        _ kind: Kind, _ name: String, _ help: String, by label: String,
        _ values: KeyValuePairs<String, UInt64>
    ) {
        describe(kind, name, help)
        for (value, count) in values { sample("\(name){\(label)=\"\(value)\"}", "\(count)") }
    }

    /// A histogram of durations, shown in seconds.
    /// - Parameters:
    ///   - buckets: upper bounds in nanoseconds, rising, and how many are at or below each.
    ///   - sum: of all durations, in nanoseconds.
    package mutating func addHistogram(
        _ name: String, _ help: String, buckets: [(bound: UInt64, count: UInt64)], sum: UInt64,
        count: UInt64
    ) {
        describe(.histogram, name, help)
        for bucket in buckets {
            sample("\(name)_bucket{le=\"\(seconds(bucket.bound))\"}", "\(bucket.count)")
        }
        sample("\(name)_bucket{le=\"+Inf\"}", "\(count)")
        sample("\(name)_sum", "\(seconds(sum))")
        sample("\(name)_count", "\(count)")
    }

    private func seconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds) / 1e9 }

    private mutating func describe(_ kind: Kind, _ name: String, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    private mutating func sample(_ name: String, _ value: String) {
        text += "\(name) \(value)\n"
    }
}
